"""Events as they were recorded, and as they count: corrections move times and channels without rewriting anything.

A correction is an event of its own. Of several that say something of the same event, the last one counts, for its
time and for its channel each by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from services.consultation.clocks.turns import Turn

LATE_REGISTRATION = timedelta(days=60)
"""How long before it was recorded a consultation may have been opened. Later events are bound by what came before."""


@dataclass(frozen=True, slots=True)
class Correction:
    """That the event with this sequence happened at another time (aware), or came another way; None is as before."""

    sequence: int
    happened_at: datetime | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One event as it stands in the history. `turn`, `unit` and `held` are as they became by it.

    `happened_at` is set when it was registered late. `responds` when the asking side hears of its question by it,
    `held` while a handler works on it. A `notice`, such as a reminder, tells something and is no part of what happened.
    """

    sequence: int
    recorded_at: datetime
    action: str
    turn: Turn
    unit: str | None = None
    happened_at: datetime | None = None
    channel: str = "api"
    reason: str | None = None
    held: bool = False
    responds: bool = False
    notice: bool = False
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class EffectiveEvent:
    """One event as it counts, `at` in UTC. `corrected` when that is not what was first recorded."""

    sequence: int
    at: datetime
    action: str
    turn: Turn
    unit: str | None
    channel: str
    reason: str | None
    held: bool
    responds: bool
    corrected: bool


@dataclass(frozen=True, slots=True)
class Span:
    """From `earliest` to `latest`, both included, in UTC. Nothing is permitted when the first is the later one."""

    earliest: datetime
    latest: datetime


class NothingToCorrect(LookupError):
    """No event of the history has the sequence, or it is a correction or a notice."""


class OutsideSpan(ValueError):
    """The time is not one at which the event can have happened. `span` tells when it can."""

    def __init__(self, span: Span) -> None:
        super().__init__("an event lies between its neighbours, and before it was recorded")
        self.span = span


def effective(recorded: Sequence[RecordedEvent]) -> list[EffectiveEvent]:
    """What happened, in order of sequence and of time: without corrections and notices, after all corrections.

    An event told by an instance whose clock is behind counts from the event before it: nothing happens before
    its cause.
    """
    times: dict[int, datetime] = {}
    channels: dict[int, str] = {}
    for correction in (event.correction for event in recorded if event.correction):
        if correction.happened_at is not None:
            times[correction.sequence] = correction.happened_at
        if correction.channel is not None:
            channels[correction.sequence] = correction.channel
    happened = [event for event in recorded if _happened(event)]
    stated = (times.get(event.sequence, event.happened_at or event.recorded_at) for event in happened)
    return [
        EffectiveEvent(
            sequence=event.sequence,
            at=at,
            action=event.action,
            turn=event.turn,
            unit=event.unit,
            channel=channels.get(event.sequence, event.channel),
            reason=event.reason,
            held=event.held,
            responds=event.responds,
            corrected=event.sequence in times or event.sequence in channels,
        )
        for event, at in zip(happened, accumulate((each.astimezone(UTC) for each in stated), max), strict=True)
    ]


def span_of_correction(recorded: Sequence[RecordedEvent], sequence: int) -> Span:
    """When the event can have happened: between its neighbours as they count, and not after it was recorded.

    Raises NothingToCorrect.
    """
    counted = effective(recorded)
    place = next((place for place, event in enumerate(counted) if event.sequence == sequence), None)
    if place is None:
        raise NothingToCorrect(sequence)
    recorded_at = next(event.recorded_at for event in recorded if event.sequence == sequence).astimezone(UTC)
    earliest = counted[place - 1].at if place else recorded_at - LATE_REGISTRATION
    latest = min(counted[place + 1].at, recorded_at) if place + 1 < len(counted) else recorded_at
    return Span(earliest, latest)


def span_of_registration(recorded: Sequence[RecordedEvent], now: datetime) -> Span:
    """When what is registered at `now`, after everything recorded so far, can have happened."""
    latest = now.astimezone(UTC)
    counted = effective(recorded)
    return Span(counted[-1].at if counted else latest - LATE_REGISTRATION, latest)


def require_permitted(recorded: Sequence[RecordedEvent], correction: Correction) -> None:
    """Raises NothingToCorrect, or OutsideSpan with the times that are permitted."""
    span = span_of_correction(recorded, correction.sequence)
    if correction.happened_at is not None:
        require_within(span, correction.happened_at)


def require_within(span: Span, happened_at: datetime) -> None:
    """Raises OutsideSpan when it can't have happened then."""
    if not span.earliest <= happened_at <= span.latest:
        raise OutsideSpan(span)


def _happened(event: RecordedEvent) -> bool:
    return event.correction is None and not event.notice
