"""Which headers pass, in each direction. A list of what passes, since `X_Org` is another header than `X-Org`."""

from collections.abc import Iterable

from shared.problems import BAD_REQUEST, Problem, Words

Headers = list[tuple[bytes, bytes]]

_FORWARDED = {
    name.encode(): name
    for name in (
        "authorization",
        "dpop",
        "content-type",
        "content-disposition",
        "accept",
        "accept-language",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "tracestate",
        "samrad-handler",
    )
}
_LISTS = frozenset(("accept", "accept-language", "if-none-match", "tracestate"))
# Those of the guard are set anew here, but for content security where a service is stricter; connections are each
# side's own.
_ANSWERED = {
    name: name.encode()
    for name in (
        "allow",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "deprecation",
        "etag",
        "idempotent-replayed",
        "last-modified",
        "link",
        "location",
        "request-id",
        "retry-after",
        "sunset",
        "vary",
        "www-authenticate",
    )
}


def request_headers(headers: Headers, traceparent: bytes) -> dict[str, str]:
    """The headers that a service gets. `traceparent` is the guard's: the client's when valid, else a new one.

    Raises Problem when a header repeats that may not, or is not ASCII.
    """
    passed: dict[str, str] = {}
    try:
        for raw_name, value in headers:
            name = _FORWARDED.get(raw_name)
            if name is None:
                continue
            if name not in passed:
                passed[name] = value.decode("ascii")
            elif name in _LISTS:
                passed[name] += ", " + value.decode("ascii")
            else:
                raise Problem(BAD_REQUEST, _REPEATED)
    except UnicodeDecodeError:
        raise Problem(BAD_REQUEST, _NOT_ASCII) from None
    passed["traceparent"] = traceparent.decode("ascii")
    return passed


def answer_headers(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers of a service's answer that a client gets. Raises ValueError when one is not text."""
    return [(_ANSWERED[name], value.encode("latin-1")) for name, value in headers if name in _ANSWERED]


_REPEATED = Words("Ett huvud som får förekomma en gång upprepas", "A header that may occur once is repeated")
_NOT_ASCII = Words("Ett huvud innehåller annat än ASCII", "A header holds more than ASCII")
