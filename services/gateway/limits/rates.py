"""A rate limit and what a caller is told about it (draft-ietf-httpapi-ratelimit-headers-10)."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from limits.aio.storage import Storage

from shared.clock import Clock


class Standing(NamedTuple):
    """How a caller stands after a request: its number in a window, and when that ends, in seconds since the epoch."""

    limit: "RateLimit"
    number: int
    ends: float

    @property
    def allowed(self) -> bool:
        """Whether the request is within the limit."""
        return self.number <= self.limit.amount

    @property
    def seconds(self) -> int:
        """How long it is until the window begins anew."""
        return max(1, ceil(self.ends - self.limit.now()))

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`, and `Retry-After` when the request is refused."""
        told = {"RateLimit-Policy": self.limit.policy, "RateLimit": self._state()}
        if not self.allowed:
            told["Retry-After"] = str(self.seconds)
        return told

    def encoded(self) -> list[tuple[bytes, bytes]]:
        """The headers of an allowed request, as they are sent."""
        return [(b"ratelimit-policy", self.limit.encoded_policy), (b"ratelimit", self._state().encode())]

    def _state(self) -> str:
        return f'"{self.limit.name}";r={max(0, self.limit.amount - self.number)};t={self.seconds}'

    def tighter(self, other: "Standing") -> "Standing":
        """Of two limits that must both allow the request, the one to tell the caller about."""
        return other if other.number * self.limit.amount > self.number * other.limit.amount else self


class RateLimit:
    """`amount` requests in fixed windows of `seconds` for every key. `name` is the policy's, told in the headers.

    It counts in a storage of `limits` directly: its strategies ask three times for what one question answers.
    """

    def __init__(self, name: str, amount: int, seconds: int, *, storage: Storage, clock: Clock) -> None:
        self.name, self.amount = name, amount
        self.policy = f'"{name}";q={amount};w={seconds}'
        self.encoded_policy = self.policy.encode()
        self._seconds, self._storage, self._clock = seconds, storage, clock
        self._prefix = f"{name}/{amount}/{seconds}/"

    async def hit(self, key: str) -> Standing:
        """Count one request of the key."""
        name = self._prefix + key
        count = await self._storage.incr(name, self._seconds)
        return Standing(self, count, await self._storage.get_expiry(name))

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock().timestamp()


@dataclass(frozen=True, slots=True)
class Limits:
    """What is limited. Requests with a token count for its client and for its organisation, and both must allow them.

    Requests without one count for the network address, and requests for tokens for the address and then, when the
    client has proved who it is, for the client. Before that anybody could use up what is another's.
    """

    clients: RateLimit
    organisations: RateLimit
    addresses: RateLimit
    tokens: RateLimit
    client_tokens: RateLimit
