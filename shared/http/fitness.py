"""Whether the head of a request can be read in one way only, and asks for nothing that is not offered here.

The parser has refused broken lines already. What is left is what it lets through and another reader could take for
something else (RFC 9110, RFC 9112).
"""

import re
from functools import lru_cache

from shared.http.paths import suspicious
from shared.http.refusals import EXPECTATION_FAILED, HEADERS_TOO_LARGE, METHOD_UNKNOWN
from shared.problems import BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE, Problem, Words

Headers = list[tuple[bytes, bytes]]

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
MAX_HEADERS = 100
MAX_HEADER_BYTES = 16 * 1024

_BODILESS = frozenset(("GET", "HEAD", "OPTIONS"))
# May occur once: what identifies, frames or decides.
_SINGLE = frozenset(
    (
        *(b"host", b"authorization", b"dpop", b"content-length", b"content-type", b"content-encoding"),
        *(b"transfer-encoding", b"expect", b"idempotency-key", b"if-match", b"traceparent"),
    )
)
_FRAMING = frozenset((b"transfer-encoding", b"content-length", b"expect"))
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


def fault_of(method: str, raw_path: bytes, headers: Headers, *, host_required: bool) -> Problem | None:
    """Why the request is refused: 400, 415, 417, 431 or 501; None when it is fit. HTTP/1.0 requires no host."""
    if method not in METHODS:
        return Problem(METHOD_UNKNOWN)
    seen: dict[bytes, bytes] = {}
    size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name in _SINGLE:
            if name in seen:
                return Problem(BAD_REQUEST, _REPEATED)
            seen[name] = value
    if size > MAX_HEADER_BYTES or len(headers) > MAX_HEADERS:
        return Problem(HEADERS_TOO_LARGE)
    if suspicious(raw_path):
        return Problem(BAD_REQUEST)
    host = seen.get(b"host")
    if (host is None and host_required) or (host is not None and not _fit_host(host)):
        return Problem(BAD_REQUEST, _NO_HOST)
    return None if _FRAMING.isdisjoint(seen) else _framing_fault(method, seen)


def _framing_fault(method: str, seen: dict[bytes, bytes]) -> Problem | None:
    coding, length = seen.get(b"transfer-encoding"), seen.get(b"content-length")
    if coding is not None:
        if length is not None:
            return Problem(BAD_REQUEST, _CONTRADICTORY)
        if coding.lower() != b"chunked":
            return Problem(BAD_REQUEST, _CODING)
    if coding is not None or (length is not None and length != b"0"):
        if method in _BODILESS:
            return Problem(BAD_REQUEST, _NO_BODY)
        if seen.get(b"content-encoding", b"identity").lower() != b"identity":
            return Problem(UNSUPPORTED_MEDIA_TYPE, _ENCODED, headers={"Accept-Encoding": "identity"})
    if seen.get(b"expect", b"100-continue").lower() != b"100-continue":
        return Problem(EXPECTATION_FAILED)
    return None


@lru_cache(maxsize=256)
def _fit_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


_REPEATED = Words("Ett huvud som får förekomma en gång upprepas", "A header that may occur once is repeated")
_CONTRADICTORY = Words(
    "Content-Length och Transfer-Encoding får inte förekomma tillsammans",
    "Content-Length and Transfer-Encoding must not occur together",
)
_CODING = Words("Transfer-Encoding får bara vara chunked", "Transfer-Encoding may be chunked only")
_NO_HOST = Words("Host saknas eller är inget värdnamn", "Host is missing or is no host name")
_NO_BODY = Words("Metoden tar ingen kropp", "The method takes no body")
_ENCODED = Words("Kroppen får inte vara komprimerad", "The body must not be compressed")
