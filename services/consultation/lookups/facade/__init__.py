"""The composite service as case systems know it: SOAP 1.1 by version 10 of its contract, over TLS both ways.

What is asked here is asked as over REST: the same grounds, brake, trail and fields. Only the clothes differ.
"""
