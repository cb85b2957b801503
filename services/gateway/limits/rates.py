"""A rate limit and what a caller is told about it (draft-ietf-httpapi-ratelimit-headers-10)."""

from dataclasses import dataclass
from math import ceil

from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage

from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands after a request. `policy` and `state` are the two header fields' values.

    `seconds` is how long it is until the window begins anew.
    """

    allowed: bool
    policy: str
    state: str
    seconds: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`, and `Retry-After` when the request is refused."""
        told = {"RateLimit-Policy": self.policy, "RateLimit": self.state}
        if not self.allowed:
            told["Retry-After"] = str(self.seconds)
        return told

    def encoded(self) -> list[tuple[bytes, bytes]]:
        """The headers of an allowed request, as they are sent."""
        return [(b"ratelimit-policy", self.policy.encode()), (b"ratelimit", self.state.encode())]


class RateLimit:
    """`amount` requests in fixed windows of `seconds` for every key. `name` is the policy's, told in the headers.

    It counts in a storage of `limits` directly: its strategies ask three times for what one question answers.
    """

    def __init__(self, name: str, amount: int, seconds: int, *, storage: Storage, clock: Clock) -> None:
        self._name, self._amount, self._seconds = name, amount, seconds
        self._storage, self._clock = storage, clock
        self._item = RateLimitItemPerSecond(amount, seconds, namespace=name)
        self._policy = f'"{name}";q={amount};w={seconds}'

    async def hit(self, key: str) -> Standing:
        """Count one request of the key."""
        name = self._item.key_for(key)
        count = await self._storage.incr(name, self._seconds)
        ends = await self._storage.get_expiry(name)
        seconds = max(1, ceil(ends - self._clock().timestamp()))
        state = f'"{self._name}";r={max(0, self._amount - count)};t={seconds}'
        return Standing(count <= self._amount, self._policy, state, seconds)
