"""Network addresses to count by, and whose word is taken for them."""

import ipaddress
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MOST_HOPS = 32


def networks(text: str) -> tuple[Network, ...]:
    """Networks or single addresses with commas between. Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def counted(host: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address since one household has 2^64 of them. Others stay as they are."""
    if ":" not in host:
        return host
    address = _address(host)
    if not isinstance(address, ipaddress.IPv6Address):
        return str(address or host)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


class Proxies:
    """The proxies in front of us whose `X-Forwarded-For` is believed: their own entries in it, and no others."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def trusts(self, host: str) -> bool:
        """Whether the address is one of them."""
        if not self._trusted:
            return False
        address = _address(host)
        return address is not None and any(address in network for network in self._trusted)

    def origin(self, peer: str, forwarded: Iterable[bytes]) -> str:
        """The address nearest to us that is no proxy of ours. `forwarded` are the values of `X-Forwarded-For`.

        Every proxy adds, last, who called it; what stands before the first entry that is not ours, its sender chose.
        """
        if not self.trusts(peer):
            return peer
        nearest = peer
        entries = b",".join(forwarded).decode("latin-1").split(",")
        for entry in reversed(entries[-_MOST_HOPS:]):
            address = _address(_without_port(entry.strip()))
            if address is None:
                return nearest
            nearest = str(address)
            if not self.trusts(nearest):
                return nearest
        return nearest


def _address(text: str) -> Address | None:
    """The address, with IPv4 inside IPv6 taken out; None when it is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(entry: str) -> str:
    """Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
