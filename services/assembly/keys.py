"""The issuer's keys from the command line, told to who turns them."""

from datetime import datetime, timedelta
from pathlib import Path

from services.assembly.environment import CannotStart
from services.gateway.tokens.keys import ALWAYS, NEVER, KeysUnusable, read_keys
from services.gateway.tokens.rotation import (
    SHORTEST_OVERLAP,
    USUAL_OVERLAP,
    NotRotated,
    Rotation,
    rotate,
    rotate_at_once,
)


def rotate_keys(file: Path, now: datetime, *, minutes: int | None, at_once: bool) -> list[str]:
    """Rotate; answers what happened and what to do next. Raises CannotStart."""
    overlap = USUAL_OVERLAP if minutes is None else timedelta(minutes=minutes)
    if at_once and minutes is not None:
        raise CannotStart("--at-once leaves no overlap")
    if overlap < SHORTEST_OVERLAP:
        raise CannotStart(f"the overlap must be at least {SHORTEST_OVERLAP.seconds // 60} minutes: key sets are cached")
    try:
        if at_once:
            return _told_at_once(rotate_at_once(file, now))
        return _told(rotate(file, now, overlap))
    except (KeysUnusable, NotRotated) as fault:
        raise CannotStart(str(fault)) from None
    except OSError as fault:
        raise CannotStart(f"{file} cannot be written ({type(fault).__name__})") from None


def list_keys(file: Path, now: datetime) -> list[str]:
    """One line a key: id, state, and the times it signs between. Raises CannotStart."""
    try:
        keys = read_keys(file, now)
    except KeysUnusable as fault:
        raise CannotStart(str(fault)) from None
    return [
        f"{each.key_id}  {each.state(now):8}  signs from {_time(each.active_from)} to {_time(each.retired_from)}, "
        f"published until {_time(each.published_until)}"
        for each in keys
    ]


def _told(done: Rotation) -> list[str]:
    return [
        f"published {done.made}, which signs from {_time(done.active_from)}",
        f"until then {done.before} signs; it stays published while its tokens live",
        *(f"dropped {key_id}, which nobody can need" for key_id in done.dropped),
        "Next: nothing. A running gateway reads the file within a second. Back the file up.",
    ]


def _told_at_once(done: Rotation) -> list[str]:
    return [
        f"{done.made} signs from now",
        *(f"dropped {key_id}: tokens that it signed stop holding" for key_id in done.dropped),
        "WARNING: every client must fetch a new token. The gateway refuses the old ones within a second; a service",
        "that is dialled directly may accept them for six minutes more, unless it is restarted.",
        "Next: restart the services, back the file up, and find out how the key leaked.",
    ]


def _time(instant: datetime) -> str:
    if instant in (ALWAYS, NEVER):
        return "-"
    return instant.isoformat(timespec="seconds")
