"""Recount: lead times over again from the events alone, to hold the figures of the API against.

On purpose it shares nothing with facts, cells or reports but the calendars: it replays each consultation, lays its
turns one after the other, sorts what it has measured, and reads the percentiles off. It looks at every consultation
that there is, and takes its time.
"""

import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.all_calendars import CalendarOf, read_calendars

TURNS = {
    "answering_authority": "answeringAuthority",
    "municipality": "municipality",
    "person": "person",
    "post": "post",
    "secrecy_test": "secrecyTest",
    "meeting": "meeting",
}
_RUNNING = ("answering_authority", "secrecy_test", "post")
_ANSWERS = ("answered", "dispatched")
# What corrects another event, tells somebody of the consultation, hides it, or is looked at by a second handler, is
# nothing that happened to it.
_TOLD = (
    *("corrected", "escalated", "reminded", "pause_lapsed", "violence_marked", "violence_mark_removed"),
    *("answer_proposed", "answer_approved", "answer_sent_back", "attachment_refused"),
)
_STOCKHOLM = ZoneInfo("Europe/Stockholm")
_CHUNK = 5_000
_ROWS = text(
    """
    SELECT org, id, type, unit, municipality_code, county_code, asker_kind, channel_in, target_seconds
    FROM consultation
    WHERE (org, id) > (:org, CAST(:id AS uuid)) AND restricted IS DISTINCT FROM 'violence'
    ORDER BY org, id LIMIT :rows
    """
)
_EVENTS = text(
    """
    SELECT consultation_id, sequence, at, happened_at, action, turn, unit, detail FROM consultation_event
    WHERE (org, consultation_id) > (:org, CAST(:id AS uuid))
      AND (org, consultation_id) <= (:last_org, CAST(:last_id AS uuid))
    ORDER BY org, consultation_id, sequence
    """
)
_COLUMNS = {
    "organisation": "org",
    "unit": "unit",
    "county": "county_code",
    "municipality": "municipality_code",
    "kind": "asker_kind",
    "type": "type",
    "channel": "channel_in",
}
GROUPINGS = ("none", *_COLUMNS, "month", "day")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the events of one consultation come to: when it was answered, and working seconds by turn until then."""

    answered: datetime
    seconds: Mapping[str, int]

    @property
    def total(self) -> int:
        """In all."""
        return sum(self.seconds.values())


def replay(events: Sequence[Any], calendar_of: CalendarOf) -> Replayed | None:
    """Of one consultation, in order of sequence; None when it was never answered."""
    moved = {
        int(event.detail["sequence"]): datetime.fromisoformat(event.detail["happenedAt"])
        for event in events
        if event.action == "corrected" and event.detail.get("happenedAt")
    }
    seconds: dict[str, int] = defaultdict(int)
    turn, since, unit = None, None, ""
    for event in events:
        if event.action in _TOLD:
            continue
        at = moved.get(event.sequence, event.happened_at or event.at)
        if since is not None and at < since:
            at = since
        if turn is not None and since is not None:
            seconds[turn] += calendar_of(unit).open_seconds(since, at)
        turn, since, unit = event.turn, at, event.unit
        if event.action in _ANSWERS:
            return Replayed(at, seconds)
    return None


async def recount(
    connection: AsyncConnection,
    first: date,
    last: date,
    grouping: str,
    percentiles: Sequence[str],
) -> list[dict[str, Any]]:
    """The groups of what was answered from `first` to `last`, both included, in the form of `GET /lead-times`.

    `percentiles` are as written, such as `"99.5"`: they are read exactly.
    """
    measured: dict[str, list[tuple[Replayed, int]]] = defaultdict(list)
    calendar_of = await read_calendars(connection)
    async for row, events in _consultations(connection):
        replayed = replay(events, calendar_of)
        if replayed is None:
            continue
        day = replayed.answered.astimezone(_STOCKHOLM).date()
        if first <= day <= last:
            measured[_key(grouping, row, day)].append((replayed, row.target_seconds))
    return [_group(key, measured[key], percentiles) for key in sorted(measured)]


def _key(grouping: str, row: Any, day: date) -> str:
    if grouping == "none":
        return "all"
    if grouping == "month":
        return f"{day:%Y-%m}"
    if grouping == "day":
        return str(day)
    return (getattr(row, _COLUMNS[grouping]) or "none").removeprefix("0007:")


async def _consultations(connection: AsyncConnection) -> AsyncIterator[tuple[Any, list[Any]]]:
    org, id_ = "", uuid.UUID(int=0)
    while rows := (await connection.execute(_ROWS, {"org": org, "id": id_, "rows": _CHUNK})).all():
        bounds = {"org": org, "id": id_, "last_org": rows[-1].org, "last_id": rows[-1].id}
        events: dict[uuid.UUID, list[Any]] = defaultdict(list)
        for event in await connection.execute(_EVENTS, bounds):
            events[event.consultation_id].append(event)
        for row in rows:
            yield row, events[row.id]
        org, id_ = rows[-1].org, rows[-1].id


def _group(key: str, measured: Sequence[tuple[Replayed, int]], percentiles: Sequence[str]) -> dict[str, Any]:
    within = sum(sum(replayed.seconds.get(turn, 0) for turn in _RUNNING) <= target for replayed, target in measured)
    return {
        "key": key,
        "count": len(measured),
        "withinTarget": round(within / len(measured), 4),
        "total": _spread((replayed.total for replayed, _ in measured), percentiles),
        "turns": {
            name: _spread((replayed.seconds.get(turn, 0) for replayed, _ in measured), percentiles)
            for turn, name in TURNS.items()
        },
    }


def _spread(seconds: Iterable[int], percentiles: Sequence[str]) -> list[dict[str, Any]]:
    ordered = sorted(seconds)
    told = []
    for written in percentiles:
        place = Fraction(written) / 100 * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        value = ordered[low] + (place - low) * (ordered[high] - ordered[low])
        number = float(written) if "." in written else int(written)
        told.append({"percentile": number, "minutes": int(value / 60 + Fraction(1, 2))})
    return told
