"""Requests to addresses that somebody else has chosen, such as where news is to be delivered.

The one who chooses must not make us ask our own network for them (server-side request forgery). So: https to a name,
on a port that is allowed; the name is resolved once, every address it has must be public, and the connection goes to
the address that was checked, with the certificate of the name. Redirects are not followed, little of the answer is
read, and not for long.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import httpx

from shared.addresses import Address
from shared.transport.protocol import Answer, AnswerTooLarge, ConnectFailed, TimedOut, TransportError

MAX_URL_CHARACTERS = 2048
TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name. Raises OSError when it has none."""


class OutboundRefused(Exception):
    """We do not ask there. `reason` is a code; nothing of the address is repeated."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: connected to `address`, spoken to as `host`."""

    host: str
    port: int
    path: str
    address: str
    scheme: str = "https"


# The parts that are needed and no others: no user, no fragment, nothing but visible ASCII, no backslash.
_URL = re.compile(r"https://(?P<host>[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-\"$-\[\]-~]*)?")
_ON_THIS_MACHINE = re.compile(r"http://(?P<host>127\.0\.0\.1):(?P<port>[0-9]{1,5})(?P<path>/[!-\"$-\[\]-~]*)?")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# What a resolver would take for a number is an address in disguise: 2130706433, 0177.0.0.1, 0x7f.1 (WHATWG URL, 3.5).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def is_public(address: Address) -> bool:
    """Whether it is an address of the public internet, by the special-purpose registries of IANA (RFC 6890).

    Python's own `is_global` says yes to multicast, to tunnels into private networks, and to 64:ff9b::a9fe:a9fe.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or _translated(address)
        if inner is None:
            return address in _GLOBAL_UNICAST and not any(address in network for network in _SPECIAL_6)
        address = inner
    return not any(address in network for network in _SPECIAL_4)


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address behind a translator (RFC 6052), where networks without IPv4 see the rest of the world."""
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else None


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """What is allowed. `permits` judges addresses; tests let their own machine in.

    `this_machine` also allows `http://127.0.0.1:<port>`, for who tries things out on one machine. Whoever may choose
    addresses may then reach everything that listens there, so it is never for an instance that others can reach.
    """

    ports: frozenset[int] = frozenset((443,))
    permits: Callable[[Address], bool] = is_public
    this_machine: bool = False


@dataclass(frozen=True, slots=True)
class Outbound:
    """Checks addresses and sends to them. `trust` is for tests with certificates of their own."""

    resolve: Resolve
    rules: OutboundRules = field(default_factory=OutboundRules)
    trust: ssl.SSLContext | None = None

    def place_of(self, url: str) -> tuple[str, int, str]:
        """Host, port and path of an address that may be registered. Raises OutboundRefused. Nothing is asked."""
        if (here := self._on_this_machine(url)) is not None:
            return here.host, here.port, here.path
        found = _URL.fullmatch(url) if len(url) <= MAX_URL_CHARACTERS else None
        if found is None:
            raise OutboundRefused("url_invalid")
        host, port = found["host"].lower(), int(found["port"] or 443)
        labels = host.split(".")
        if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
            raise OutboundRefused("host_not_a_name")
        if port not in self.rules.ports:
            raise OutboundRefused("port_not_allowed")
        return host, port, found["path"] or "/"

    def _on_this_machine(self, url: str) -> Target | None:
        found = _ON_THIS_MACHINE.fullmatch(url) if self.rules.this_machine and len(url) <= MAX_URL_CHARACTERS else None
        if found is None or not 0 < int(found["port"]) < 65536:
            return None
        return Target(found["host"], int(found["port"]), found["path"] or "/", found["host"], "http")

    async def target(self, url: str) -> Target:
        """Where a request to the URL goes now; to be asked anew for every request. Raises OutboundRefused."""
        if (here := self._on_this_machine(url)) is not None:
            return here
        host, port, path = self.place_of(url)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                found = [ipaddress.ip_address(each.partition("%")[0]) for each in await self.resolve(host, port)]
        except (OSError, ValueError):
            raise OutboundRefused("host_unknown") from None
        if not found:
            raise OutboundRefused("host_unknown")
        # One that is not public among others that are has no honest reason.
        if not all(self.rules.permits(address) for address in found):
            raise OutboundRefused("address_not_public")
        return Target(host, port, path, str(found[0]))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send, and read the answer, whatever its status; a redirect is an answer. Raises OutboundRefused, or
        TransportError: ConnectFailed, TimedOut, AnswerTooLarge.
        """
        target = await self.target(url)
        authority = target.host if target.port == 443 else f"{target.host}:{target.port}"
        address = f"[{target.address}]" if ":" in target.address else target.address
        # What frames the request or names its host is ours to say.
        sent = {name: value for name, value in headers.items() if name.lower() not in _OURS}
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                self._client() as client,
                client.stream(
                    "POST",
                    f"{target.scheme}://{address}:{target.port}{target.path}",
                    content=body,
                    headers={**sent, "Host": authority, "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": target.host},
                ) as response,
            ):
                return Answer(response.status_code, dict(response.headers), await _limited(response))
        except (TimeoutError, httpx.TimeoutException):
            raise TimedOut("it took too long") from None
        except (httpx.ConnectError, ssl.SSLError):
            raise ConnectFailed("no connection, or not to whom it should be") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            raise TransportError("the exchange failed") from None

    def _client(self) -> httpx.AsyncClient:
        # A client for each: connections to an address are not to be found again by another name that had it.
        return httpx.AsyncClient(
            verify=self.trust or _trusted_by_this_machine(),
            trust_env=False,
            follow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )


@cache
def _trusted_by_this_machine() -> ssl.SSLContext:
    return ssl.create_default_context()


_OURS = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "upgrade"))


async def _limited(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise AnswerTooLarge("the answer is too large")
    return body


async def system_resolver(host: str, port: int) -> list[str]:
    """The addresses that this machine's resolver gives."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Inside the global unicast space. 2002::/16 and 2001::/32 are tunnels to any IPv4 address.
_SPECIAL_6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20"),
    )
)
_SPECIAL_4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
