"""Access tokens (RFC 9068) and proofs of possession (RFC 9449), verified by every service itself.

Written on joserfc. Algorithms come from settings and never from the token.
"""
