"""The issuer's signing keys: a JWK set in a file that only the gateway may read.

A key is *next* (published, may not sign yet), then *active* (signs), then *retired* (published while tokens that it
signed may live). Which it is follows from the times in the file and the clock, so that several processes on one file
agree on who signs without a word between them. `rotation.py` writes the file; a running gateway reads it anew.

In a file without times the first key signs and the others are published.
"""

import json
import logging
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from services.gateway.tokens.files import locked, replace_private, stamp_of
from shared.clock import Clock
from shared.tokens.keys import KEEP_SECONDS

_log = logging.getLogger("gateway.tokens")

ACTIVE_FROM, RETIRED_FROM = "samrad:activeFrom", "samrad:retiredFrom"
MAX_TOKEN_SECONDS = 3600
"""The longest life that a token may be given in the settings."""
_LEEWAY = timedelta(seconds=10)
PUBLISHED_AFTER = timedelta(seconds=MAX_TOKEN_SECONDS + KEEP_SECONDS) + _LEEWAY
"""How long a key stays published after its last signature: a token's life, a cache period and a clock's error."""
ALWAYS, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_LOOK_AGAIN = timedelta(seconds=1)


class KeysUnusable(Exception):
    """The key file cannot be used. The text says why, without its content."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its times: it signs from the one until the other."""

    key: ECKey
    active_from: datetime = ALWAYS
    retired_from: datetime = NEVER

    @property
    def key_id(self) -> str:
        """The RFC 7638 thumbprint."""
        return self.key.thumbprint()

    @property
    def published_until(self) -> datetime:
        """When nothing that it has signed can be valid any more."""
        return NEVER if self.retired_from > NEVER - PUBLISHED_AFTER else self.retired_from + PUBLISHED_AFTER

    def state(self, now: datetime) -> str:
        """`next`, `active`, `retired`, or `past` when it is not even published."""
        if now < self.active_from:
            return "next"
        if now < self.retired_from:
            return "active"
        return "retired" if now < self.published_until else "past"

    def member(self) -> dict[str, Any]:
        """Its place in the file."""
        times = {ACTIVE_FROM: self.active_from, RETIRED_FROM: self.retired_from}
        told = {name: at.isoformat() for name, at in times.items() if at not in (ALWAYS, NEVER)}
        return {**self.key.as_dict(private=True), "kid": self.key_id, **told}


@dataclass(frozen=True, slots=True)
class _View:
    """What holds from one instant until another: who signs, and what is published with the signing key first."""

    begins: datetime
    ends: datetime
    signing: ECKey
    public: KeySet


class SigningKeys:
    """The keys of one issuer, by its file and the clock.

    The file is looked at no oftener than once a second. One that has become unusable is told in the log and by
    `faults`, and the keys that were read last serve on.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Raises KeysUnusable."""
        self._path, self._clock = path, clock
        self._stamp, self._looked_at = stamp_of(path), clock()
        self._keys = read_keys(path, self._looked_at)
        self._view = _view(self._keys, self._looked_at)
        self._fault: str | None = None

    @property
    def signing(self) -> ECKey:
        """The key that signs now."""
        return self._current().signing

    def public(self) -> KeySet:
        """What is published and verified with now: no private part."""
        return self._current().public

    def faults(self) -> list[str]:
        """Why the file that lies there now is not used; empty when it is."""
        self._current()
        return [self._fault] if self._fault else []

    def _current(self) -> _View:
        now = self._clock()
        if abs(now - self._looked_at) >= _LOOK_AGAIN:
            self._looked_at = now
            self._look(now)
        if not self._view.begins <= now < self._view.ends:
            self._view = _view(self._keys, now)
        return self._view

    def _look(self, now: datetime) -> None:
        stamp = stamp_of(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._path, now)
        except KeysUnusable as fault:
            self._fault = str(fault)
            _log.error("signing keys unusable, the last ones serve on", extra={"fault": self._fault})
            return
        self._view, self._fault = _view(self._keys, now), None
        _log.info("signing keys read", extra={"keys": len(self._keys)})


def read_or_make_keys(path: Path, clock: Clock) -> SigningKeys:
    """The keys of the file, which is made with one new key when absent. Raises KeysUnusable."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            if not path.exists():
                write_keys(path, [SigningKey(ECKey.generate_key("P-256", private=True))])
    return SigningKeys(path, clock)


def read_keys(path: Path, now: datetime) -> list[SigningKey]:
    """What the file holds, with somebody to sign now and at any time to come. Raises KeysUnusable."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeysUnusable(f"{path} may be read by others than its owner; set its mode to 0600")
        members = json.loads(path.read_text("utf-8"))["keys"]
        keys = [_signing_key(member, first=place == 0) for place, member in enumerate(members)]
    except OSError as fault:
        raise KeysUnusable(f"{path} cannot be read ({type(fault).__name__})") from None
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise KeysUnusable(f"{path} is not a JWK set of EC keys, with times in ISO 8601 and a zone if any") from None
    if not keys or any(not each.key.is_private or each.key.curve_name != "P-256" for each in keys):
        raise KeysUnusable(f"{path} must hold private keys on P-256")
    if any(_active(keys, instant) is None for instant in (now, *(each for each in _changes(keys) if each > now))):
        raise KeysUnusable(f"{path} leaves a time without a key that signs; see {ACTIVE_FROM} and {RETIRED_FROM}")
    return keys


def write_keys(path: Path, keys: list[SigningKey]) -> None:
    """Replace the file in one step."""
    replace_private(path, json.dumps({"keys": [each.member() for each in keys]}, indent=2) + "\n")


def active_key(keys: list[SigningKey], now: datetime) -> SigningKey:
    """The one that signs. Before the first time in the file, as after a clock was set back, the first key of all."""
    return _active(keys, now) or min(keys, key=lambda each: each.active_from)


def _active(keys: list[SigningKey], now: datetime) -> SigningKey | None:
    """Of several that are active, the one that became so last."""
    active = [each for each in keys if each.state(now) == "active"]
    return max(active, key=lambda each: each.active_from, default=None)


def _changes(keys: list[SigningKey]) -> list[datetime]:
    """The instants at which a key's state changes."""
    found = {each for key in keys for each in (key.active_from, key.retired_from, key.published_until)}
    return sorted(found - {ALWAYS, NEVER})


def _signing_key(member: Mapping[str, Any], *, first: bool) -> SigningKey:
    key = ECKey.import_key({name: value for name, value in member.items() if not name.startswith("samrad:")})
    if not member.keys() & {ACTIVE_FROM, RETIRED_FROM} and not first:
        return SigningKey(key, active_from=NEVER)
    return SigningKey(key, _instant(member, ACTIVE_FROM, ALWAYS), _instant(member, RETIRED_FROM, NEVER))


def _instant(member: Mapping[str, Any], name: str, otherwise: datetime) -> datetime:
    if name not in member:
        return otherwise
    instant = datetime.fromisoformat(member[name])
    if instant.tzinfo is None:
        raise ValueError("a time without a zone")
    return instant


def _view(keys: list[SigningKey], now: datetime) -> _View:
    changes = _changes(keys)
    place = bisect_right(changes, now)
    signing = active_key(keys, now)
    rest = [each for each in keys if each is not signing and each.state(now) != "past"]
    return _View(
        begins=changes[place - 1] if place else ALWAYS,
        ends=changes[place] if place < len(changes) else NEVER,
        signing=signing.key,
        public=KeySet([_public(each.key) for each in (signing, *rest)]),
    )


def _public(key: ECKey) -> ECKey:
    members = {"kid": key.thumbprint(), "alg": "ES256", "use": "sig"}
    return ECKey.import_key({**key.as_dict(private=False), **members})
