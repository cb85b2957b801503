"""The embedded issuer: client credentials with `private_key_jwt` (RFC 7523) and DPoP (RFC 9449).

It owns the signing keys, the client registry and the issuer's metadata.
"""
