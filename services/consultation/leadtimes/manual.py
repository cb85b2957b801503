"""Manual work: what was done by hand since it could not go digitally (R14), and the minutes that it stands for.

Nobody measures with a watch. A standard time is set for each step, in versions with the day they begin; the figures
say which version they were counted by. The first is the developers' own estimate, to be replaced by measured ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.consultation.consultations.transitions import Action


@dataclass(frozen=True, slots=True)
class StandardMinutes:
    """Minutes that a step takes, by channel, from a day on."""

    version: str
    valid_from: date
    minutes: Mapping[str, int]


STANDARDS = (
    StandardMinutes(
        "2026-1",
        date(1970, 1, 1),
        {"phone": 12, "post": 20, "remote_meeting": 45, "local_office": 60},
    ),
)
"""Oldest first."""

MANUAL_CHANNELS = tuple(STANDARDS[0].minutes)
_BY_NATURE = {
    Action.CALL_BACK: "phone",
    Action.SEND_BY_POST: "post",
    Action.HOLD_MEETING: "remote_meeting",
    Action.MISS_MEETING: "remote_meeting",
}


def manual_channel(action: str, channel: str) -> str | None:
    """The channel of a manual step, or None when the event was no such step.

    What came or was done by a manual channel is one step. A call back is one whatever way it was registered.
    """
    if channel in MANUAL_CHANNELS:
        return channel
    return next((by for kind, by in _BY_NATURE.items() if kind.value == action), None)


def standard_on(day: date) -> StandardMinutes:
    """The version that holds on a day."""
    return [each for each in STANDARDS if each.valid_from <= day][-1]
