"""Where the public keys of issuers come from."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from shared.tokens.jose import InvalidToken

REFETCH_SECONDS = 10.0
KEEP_SECONDS = 300.0
"""How long a fetched key set counts as fresh: the cache period that rotation reckons with."""
TRUST_SECONDS = 3600.0
"""How long it is still used when it can't be fetched anew: a key may have been withdrawn meanwhile."""


class KeySource(Protocol):
    """Finds an issuer's public key by its id."""

    async def find(self, key_id: str) -> Key:
        """Raises InvalidToken when the issuer has no such key, KeysUnavailable when it can't be asked."""
        ...

    def holds(self, key_id: str) -> bool:
        """Whether the key is among those that are at hand and trusted now. Asks nobody."""
        ...


class KeysUnavailable(Exception):
    """The issuer's key set could not be fetched, and none that is fresh enough is at hand."""


class RemoteKeys:
    """Fetches a key set and keeps it. An unknown id asks again at most every ten seconds, so that
    invented ids are no lever against the issuer."""

    def __init__(self, fetch: Callable[[], Awaitable[dict[str, object]]]) -> None:
        self._fetch = fetch
        self._keys: dict[str, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._underway: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> Key:
        """See KeySource."""
        known = self._keys.get(key_id)
        if known is None or not self._trusted() or (self._stale() and self._underway is None):
            await self._refreshed(time.monotonic())
            known = self._keys.get(key_id)
        if self._keys and not self._trusted():
            raise KeysUnavailable
        if known is None:
            raise InvalidToken("the issuer has no such key")
        return known

    def holds(self, key_id: str) -> bool:
        """See KeySource."""
        return key_id in self._keys and self._trusted()

    def _stale(self) -> bool:
        return time.monotonic() - self._fetched > KEEP_SECONDS

    def _trusted(self) -> bool:
        return time.monotonic() - self._fetched <= TRUST_SECONDS

    async def _refreshed(self, now: float) -> None:
        """Who comes while a fetch is under way waits for its outcome, whatever it is."""
        if self._underway is None:
            if now - self._tried < REFETCH_SECONDS:
                return
            self._tried = now
            self._underway = asyncio.create_task(self._refresh(now))
            self._underway.add_done_callback(self._over)
        await asyncio.shield(self._underway)

    def _over(self, _: "asyncio.Task[None]") -> None:
        self._underway = None

    async def _refresh(self, now: float) -> None:
        try:
            keys = KeySet.import_key_set(await self._fetch())  # type: ignore[arg-type]
        except (OSError, ValueError, TypeError, KeyError, JoseError) as fault:
            if not self._keys:
                self._tried = float("-inf")
                raise KeysUnavailable from fault
            return
        self._keys = {key.kid: key for key in keys.keys if key.kid}
        self._fetched = now


class HeldKeys:
    """Keys that are already here: the issuer's own, or a test's."""

    def __init__(self, current: Callable[[], KeySet]) -> None:
        self._current = current

    async def find(self, key_id: str) -> Key:
        """See KeySource."""
        for key in self._current().keys:
            if key.kid == key_id:
                return key
        raise InvalidToken("the issuer has no such key")

    def holds(self, key_id: str) -> bool:
        """See KeySource."""
        return any(key.kid == key_id for key in self._current().keys)
