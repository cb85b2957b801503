"""What one consultation adds to the figures: the keys it is counted under, its durations, and its tallies.

Pure: made from the row, its events and its requests for a physical meeting, so that it can be made again at any time
and comes out the same.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from services.consultation.clocks.all_calendars import CalendarOf
from services.consultation.clocks.counting import COUNTED
from services.consultation.clocks.effective import Correction, EffectiveEvent, RecordedEvent, effective
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.cooperation import COUNTED as COUNTED_AS_COOPERATION
from services.consultation.consultations.transitions import NOTICES, OPEN_STATES, Action, State
from services.consultation.leadtimes.areas import area_of
from services.consultation.leadtimes.manual import manual_channel, standard_on
from services.consultation.leadtimes.physical_requests import CountedRequest, counted_items

COOPERATION_CASES = "cooperation_cases"
"""The tally of those opened that are cooperation by its definition (R59); who is only referred is none."""

NONE = "none"
"""The key of what has no municipality, county or area."""

DELAY_REASONS = (
    "secrecy_unclear",
    "wrong_channel",
    "question_incomplete",
    "needs_specialist",
    "no_callback",
    "system_down",
)
"""What a delay is put down to (R12)."""

SECONDS_OF = {
    Turn.ANSWERING: "answering_seconds",
    Turn.ASKING: "asking_seconds",
    Turn.PERSON: "person_seconds",
    Turn.POST: "post_seconds",
    Turn.SECRECY_TEST: "secrecy_seconds",
    Turn.MEETING: "meeting_seconds",
}
"""The column of each turn's working seconds."""

_ENDS = (State.CLOSED, State.REJECTED, State.WITHDRAWN)
_ANSWERS = (Action.ANSWER.value, Action.DISPATCH.value)


class Tally(NamedTuple):
    """So many of something on a day, and how much of it: seconds, where the item has a duration."""

    day: date
    item: str
    number: int
    amount: int


@dataclass(frozen=True, slots=True)
class FoldedEvent:
    """An event as it was recorded, and the state that it led to."""

    recorded: RecordedEvent
    state: State


@dataclass(frozen=True, slots=True)
class Fact:
    """What a consultation adds. `row` holds the columns of `lead_time_fact` but the tallies and when it was folded."""

    row: Mapping[str, Any]
    tallies: tuple[Tally, ...]


def day_of(instant: datetime) -> date:
    """The Swedish calendar day."""
    return instant.astimezone(SWEDEN).date()


def fact_of(
    row: Any, events: Sequence[FoldedEvent], calendar_of: CalendarOf, requests: Sequence[CountedRequest] = ()
) -> Fact:
    """`row` has the columns of `consultation` that the worker reads."""
    answered = row.answered_at if row.total_seconds is not None else None
    values = {
        "org": row.org,
        "consultation_id": row.id,
        "answering_org": row.answering_org,
        "version": row.version,
        "answered_at": answered,
        "answered_day": None if answered is None else day_of(answered),
        "type": row.type,
        "unit": row.unit,
        "area": area_of(row.county_code) or NONE,
        "county": row.county_code or NONE,
        "municipality": row.municipality_code or NONE,
        "kind": row.asker_kind,
        "channel": row.channel_in,
        "sets": asked_sets(row),
        "target_seconds": row.target_seconds,
        "total_seconds": None,
        "first_response_seconds": None,
        "touch_seconds": None,
        **dict.fromkeys(SECONDS_OF.values()),
    }
    if answered is not None:
        durations = {name: getattr(row, name) or 0 for name in SECONDS_OF.values()}
        values |= {
            "total_seconds": row.total_seconds,
            "first_response_seconds": row.first_response_seconds,
            "touch_seconds": row.touch_seconds,
            **durations,
        }
    is_case = row.cooperation in COUNTED_AS_COOPERATION
    return Fact(values, _tallies(values, events, calendar_of, requests, is_case=is_case))


def asked_sets(row: Any) -> list[str]:
    """What is asked for (R3): the information sets that the question names, else its category when it has one."""
    if row.named_sets:
        return list(row.named_sets)
    return [row.question_category] if row.question_category else []


def within_target(values: Mapping[str, Any]) -> bool:
    """Whether the time that runs towards the target is at most the target."""
    counted: int = sum(values[SECONDS_OF[turn]] for turn in COUNTED)
    return counted <= int(values["target_seconds"])


def _tallies(
    values: Mapping[str, Any],
    events: Sequence[FoldedEvent],
    calendar_of: CalendarOf,
    requests: Sequence[CountedRequest],
    *,
    is_case: bool,
) -> tuple[Tally, ...]:
    happened = effective([event.recorded for event in events])
    states = {event.recorded.sequence: event.state for event in events}
    number: Counter[tuple[date, str]] = Counter()
    amount: Counter[tuple[date, str]] = Counter()
    delays = (*_delays(happened, calendar_of), *_escalations(events, happened, calendar_of))
    ended = bool(events) and events[-1].state not in OPEN_STATES
    asked = (Tally(day, item, 1, 0) for day, item in counted_items(requests, happened, calendar_of, ended=ended))
    for tally in (*_flow(happened, states, is_case=is_case), *delays, *_work(values, happened), *asked):
        number[tally.day, tally.item] += tally.number
        amount[tally.day, tally.item] += tally.amount
    kept = sorted(key for key in number if number[key] or amount[key])
    return tuple(Tally(day, item, number[day, item], amount[day, item]) for day, item in kept)


def _flow(events: Sequence[EffectiveEvent], states: Mapping[int, State], *, is_case: bool) -> Iterator[Tally]:
    """When it was opened, as a cooperation case or not, and each time it went from one state to another."""
    for event in events:
        if event.action == Action.OPEN.value:
            yield Tally(day_of(event.at), "opened", 1, 0)
            if is_case:
                yield Tally(day_of(event.at), COOPERATION_CASES, 1, 0)
    for day, before, after in _moves(events, states):
        if before is not None:
            yield Tally(day, f"flow:{before.value}", -1, 0)
        yield Tally(day, f"flow:{after.value}", 1, 0)
        if after in _ENDS:
            yield Tally(day, after.value, 1, 0)


def _work(values: Mapping[str, Any], events: Sequence[EffectiveEvent]) -> Iterator[Tally]:
    """Manual steps when they were taken; and when it was answered, whether within its target and without such steps."""
    steps = list(_manual_steps(events))
    for _, day, channel, seconds in steps:
        yield Tally(day, f"manual:{channel}", 1, seconds)
    answered = values["answered_day"]
    if answered is None:
        return
    yield Tally(answered, "answered", 1, 0)
    if within_target(values):
        yield Tally(answered, "within_target", 1, 0)
    last = max((event.sequence for event in events if event.action in _ANSWERS), default=0)
    if not any(sequence <= last for sequence, *_ in steps):
        yield Tally(answered, "without_manual", 1, 0)


def _moves(events: Sequence[EffectiveEvent], states: Mapping[int, State]) -> Iterator[tuple[date, State | None, State]]:
    """From which state into which, on which day; the first comes from none."""
    before = None
    for event in events:
        after = states[event.sequence]
        if after is not before:
            yield day_of(event.at), before, after
        before = after


def _delays(events: Sequence[EffectiveEvent], calendar_of: CalendarOf) -> Iterator[Tally]:
    """Each delay on the day it began, with the working seconds until it was over; none yet while it lasts.

    A delay lasts while the turn stays where the event put it; one that changed no turn lasts until the next event.
    """
    for place, event in enumerate(events):
        if event.reason not in DELAY_REASONS:
            continue
        changed = place == 0 or events[place - 1].turn is not event.turn
        later = events[place + 1 :]
        over = next((each for each in later if not changed or each.turn is not event.turn), None)
        lost = 0 if over is None else calendar_of(event.unit or NONE).open_seconds(event.at, over.at)
        yield Tally(day_of(event.at), f"reason:{event.reason}", 1, lost)


def _escalations(
    events: Sequence[FoldedEvent], happened: Sequence[EffectiveEvent], calendar_of: CalendarOf
) -> Iterator[Tally]:
    """A delay that somebody has told those who lead the work of: until something happened after it."""
    for each in events:
        told, at = each.recorded, each.recorded.recorded_at
        if not told.notice or told.reason not in DELAY_REASONS:
            continue
        over = next((event.at for event in happened if event.sequence > told.sequence and event.at >= at), None)
        lost = 0 if over is None else calendar_of(told.unit or NONE).open_seconds(at, over)
        yield Tally(day_of(at), f"reason:{told.reason}", 1, lost)


def _manual_steps(events: Sequence[EffectiveEvent]) -> Iterator[tuple[int, date, str, int]]:
    """Sequence, day, channel and standard seconds of each step."""
    for event in events:
        channel = manual_channel(event.action, event.channel)
        if channel is not None:
            day = day_of(event.at)
            yield event.sequence, day, channel, standard_on(day).minutes[channel] * 60


def folded_event(row: Any) -> FoldedEvent:
    """From a row of `consultation_event`."""
    detail = row.detail or {}
    correction = None
    if row.action == Action.CORRECT.value:
        happened = detail.get("happenedAt")
        correction = Correction(
            sequence=int(detail.get("sequence", 0)),
            happened_at=datetime.fromisoformat(happened) if happened else None,
            channel=detail.get("channel"),
        )
    return FoldedEvent(
        RecordedEvent(
            sequence=row.sequence,
            recorded_at=row.at,
            action=row.action,
            turn=Turn(row.turn),
            unit=row.unit,
            happened_at=row.happened_at,
            channel=row.channel,
            reason=detail.get("reason"),
            notice=row.action in NOTICES,
            correction=correction,
        ),
        State(row.state),
    )
