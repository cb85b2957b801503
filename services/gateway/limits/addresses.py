"""The network address that a request came from, as a key to count by."""

from collections.abc import MutableMapping
from typing import Any

from shared.addresses import Proxies, counted

_NO_PROXIES = Proxies()


def address_key(scope: MutableMapping[str, Any], proxies: Proxies = _NO_PROXIES) -> str:
    """The peer's IPv4 address, or the /64 of its IPv6 address.

    It is the connection's own peer: `X-Forwarded-For` says what the sender likes. Only when the peer is one of our
    `proxies` is its word taken, for the address nearest to us that is none of them.
    """
    peer = scope.get("client")
    if not peer:
        return "unknown"
    host = str(peer[0])
    if not proxies.trusts(host):
        return counted(host)
    return counted(proxies.origin(host, (value for name, value in scope["headers"] if name == b"x-forwarded-for")))
