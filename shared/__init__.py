"""Mechanisms that two services need: database, tokens, audit, problems, transport.

Nothing here knows what the product is about; a test holds this package free of its vocabulary.
"""
