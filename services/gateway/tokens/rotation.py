"""Rotate the issuer's keys: publish a new one now, let it sign later, and drop what nobody can need any more."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from joserfc.jwk import ECKey

from services.gateway.tokens.files import locked
from services.gateway.tokens.keys import ALWAYS, NEVER, SigningKey, active_key, read_keys, write_keys
from shared.tokens.keys import KEEP_SECONDS

SHORTEST_OVERLAP = timedelta(seconds=KEEP_SECONDS)
"""A new key may not sign before everybody who caches the key set has had to fetch it anew."""
USUAL_OVERLAP = 2 * SHORTEST_OVERLAP
"""Twice, since a cache may stand in front of a cache."""


class NotRotated(Exception):
    """Nothing was changed. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did, by key ids. `dropped` are no longer in the file."""

    made: str
    active_from: datetime
    before: str
    dropped: tuple[str, ...]


def rotate(path: Path, now: datetime, overlap: timedelta) -> Rotation:
    """Add a key that becomes active when `overlap` is over; the one that signs now retires at that instant.

    Raises NotRotated while another key waits for its time, and KeysUnusable, OSError.
    """
    with locked(path):
        keys = [_with_times(each, now) for each in read_keys(path, now)]
        waiting = [each for each in keys if each.state(now) == "next"]
        if waiting:
            raise NotRotated(
                f"{waiting[0].key_id} is published already and signs from {waiting[0].active_from.isoformat()}; "
                "wait for it, or replace all keys at once if one has leaked"
            )
        signing, begins = active_key(keys, now), (now + overlap).replace(microsecond=0)
        made = SigningKey(_new_key(), active_from=begins)
        kept = [each for each in keys if each.state(now) != "past"]
        dropped = [each.key_id for each in keys if each not in kept]
        written = [replace(each, retired_from=begins) if each is signing else each for each in kept]
        write_keys(path, [*written, made])
    return Rotation(made.key_id, begins, signing.key_id, tuple(dropped))


def rotate_at_once(path: Path, now: datetime) -> Rotation:
    """A new key signs from now and every other is gone: what they have signed stops holding.

    Raises KeysUnusable, OSError.
    """
    with locked(path):
        keys = read_keys(path, now)
        # Without a time: a gateway whose clock is a little behind must not wait for it.
        made = SigningKey(_new_key())
        write_keys(path, [made])
    return Rotation(made.key_id, now, active_key(keys, now).key_id, tuple(each.key_id for each in keys))


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", private=True)


def _with_times(key: SigningKey, now: datetime) -> SigningKey:
    """A key that was only published, in a file from before keys had times, is one that retires now."""
    return replace(key, active_from=ALWAYS, retired_from=now) if key.active_from == NEVER else key
