"""Raw paths that two readers could understand differently are refused before anything is decided on them."""

import re

# Dots, slashes and NUL are written as themselves or not at all: clients, proxies and services normalise them
# at different times, and then one service's address becomes another's.
_SUSPICIOUS = re.compile(rb"\.\.|/\.(?:/|$)|//|[\\;\x00-\x20\x7f-\xff]|%(?:2[ef]|5c|00)", re.IGNORECASE)
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_-]+)+")
_PLAIN_QUERY = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")


def suspicious(raw_path: bytes) -> bool:
    """Whether the path, as it came on the wire, could be read in two ways."""
    return _PLAIN.fullmatch(raw_path) is None and _SUSPICIOUS.search(raw_path) is not None


def unfit_query(query: bytes) -> bool:
    """Whether the query holds what RFC 3986 section 3.4 does not allow, so that a client would rewrite it."""
    return _PLAIN_QUERY.fullmatch(query) is None
