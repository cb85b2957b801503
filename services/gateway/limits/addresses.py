"""The network address that a request came from, as a key to count by."""

import ipaddress
from collections.abc import MutableMapping
from typing import Any


def address_key(scope: MutableMapping[str, Any]) -> str:
    """The peer's IPv4 address, or the /64 of its IPv6 address since one household has 2^64 of them.

    It is the connection's own peer: `X-Forwarded-For` says what the sender likes.
    """
    peer = scope.get("client")
    if not peer:
        return "unknown"
    host = str(peer[0])
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host.partition("%")[0])
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
