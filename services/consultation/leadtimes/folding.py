"""Folding: what has changed is taken out of the queue, and added to the cells, in one transaction.

What a consultation has added is kept as a fact. When it has changed, the fact is taken away from the cells as it was
and added as it is, so late answers, corrections and second answers leave the cells as if they had been known at once.
A crash leaves queue, facts and cells as they were. One folds at a time: the cells of all are shared by everything.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.all_calendars import CalendarOf, read_calendars
from services.consultation.leadtimes.cells import ADD_TALLIES, ADD_TIMES, BY_IDS, FORGET_DAYS
from services.consultation.leadtimes.facts import Fact, FoldedEvent, day_of, fact_of, folded_event
from services.consultation.leadtimes.periods import days_from
from services.consultation.leadtimes.physical_requests import CountedRequest
from services.consultation.leadtimes.version import cells_changed

BATCH = 200
"""Changes in one transaction: some 0.3 s of work, far from what a statement may take."""
LOCK = 727_477
"""Of all the advisory locks of a database, that of folding; others: carry_out.py, sealer.py, migrate.py."""

_ALONE = text(f"SELECT pg_advisory_xact_lock({LOCK})")
_TAKE = text(
    """
    DELETE FROM lead_time_pending
    WHERE ordinal IN (SELECT ordinal FROM lead_time_pending ORDER BY ordinal LIMIT :rows)
    RETURNING org, consultation_id
    """
)
IDS = (bindparam("orgs", type_=ARRAY(TEXT)), bindparam("ids", type_=ARRAY(UUID)))
_CHOSEN = "unnest(CAST(:orgs AS text[]), CAST(:ids AS uuid[])) AS chosen (org, id)"
_ROWS = text(
    f"""
    SELECT c.org, c.id, c.answering_org, c.version, c.type, c.question_category, c.cooperation, c.unit, c.asker_kind,
           c.municipality_code, c.county_code, c.channel_in, c.target_seconds, c.answered_at, c.total_seconds,
           c.answering_seconds, c.asking_seconds, c.person_seconds, c.post_seconds, c.secrecy_seconds,
           c.meeting_seconds, c.first_response_seconds, c.touch_seconds,
           ARRAY(SELECT a.code FROM asked_set a WHERE a.org = c.org AND a.consultation_id = c.id ORDER BY 1)
               AS named_sets
    FROM {_CHOSEN} JOIN consultation c USING (org, id)
    WHERE c.restricted IS DISTINCT FROM 'violence'
    """
).bindparams(*IDS)
_EVENTS = text(
    f"""
    SELECT e.consultation_id, e.sequence, e.at, e.happened_at, e.action, e.state, e.turn, e.unit, e.channel, e.detail
    FROM {_CHOSEN} JOIN consultation_event e ON e.org = chosen.org AND e.consultation_id = chosen.id
    ORDER BY e.consultation_id, e.sequence
    """
).bindparams(*IDS)
_REQUESTS = text(
    f"""
    SELECT r.consultation_id, r.sequence, r.outcome, r.outcome_sequence, m.starts_at
    FROM {_CHOSEN} JOIN meeting_request r ON r.org = chosen.org AND r.consultation_id = chosen.id
    LEFT JOIN meeting m ON m.org = r.org AND m.id = r.meeting_id
    """
).bindparams(*IDS)
# What is marked for violence is in no figure: one that differed from what is listed would tell of it.
_MARKED = text(
    f"SELECT c.org, c.id FROM {_CHOSEN} JOIN consultation c USING (org, id) WHERE c.restricted = 'violence'"
).bindparams(*IDS)
_FORGET_FACTS = text(
    f"DELETE FROM lead_time_fact f USING {_CHOSEN} WHERE f.org = chosen.org AND f.consultation_id = chosen.id"
).bindparams(*IDS)
_COLUMNS = (
    *("org", "consultation_id", "answering_org", "version", "answered_at", "answered_day", "type", "unit", "area"),
    *("county", "municipality", "kind", "channel", "sets", "target_seconds", "total_seconds", "answering_seconds"),
    *("asking_seconds", "person_seconds", "post_seconds", "secrecy_seconds", "meeting_seconds"),
    *("first_response_seconds", "touch_seconds"),
)
_KNOWN = text(
    f"SELECT {', '.join(f'f.{name}' for name in _COLUMNS)}, f.tallies "
    f"FROM {_CHOSEN} JOIN lead_time_fact f ON f.org = chosen.org AND f.consultation_id = chosen.id"
).bindparams(*IDS)
_KEEP = text(
    f"""
    INSERT INTO lead_time_fact ({", ".join(_COLUMNS)}, folded_at, tallies)
    SELECT {", ".join(f"made.{name}" for name in _COLUMNS)}, :now, made.tallies
    FROM jsonb_populate_recordset(NULL::lead_time_fact, CAST(:facts AS jsonb)) AS made
    ON CONFLICT (org, consultation_id) DO UPDATE
    SET folded_at = excluded.folded_at, tallies = excluded.tallies,
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])}
    """
)
_KEYS = ("type", "unit", "area", "county", "municipality", "kind", "channel", "sets")
_TIMES = (*_KEYS, "answered_day", *(name for name in _COLUMNS if name.endswith("_seconds") and name[:6] != "target"))

Keys = Sequence[tuple[str, Any]]


async def fold_pending(connection: AsyncConnection, now: datetime) -> int:
    """Fold one batch of what waits, as the role of background jobs; answers how many rows it took.

    Everything it does is undone when the transaction is.
    """
    await connection.execute(_ALONE)
    taken = (await connection.execute(_TAKE, {"rows": BATCH})).all()
    if taken:
        keys = list(dict.fromkeys((row.org, row.consultation_id) for row in taken))
        await fold(connection, keys, now, await read_calendars(connection))
    return len(taken)


async def forget_days(connection: AsyncConnection, now: datetime) -> None:
    """Remove cells of single days that are older than are kept."""
    await connection.execute(FORGET_DAYS, {"days_from": days_from(day_of(now))})
    await cells_changed(connection)


async def fold(connection: AsyncConnection, keys: Keys, now: datetime, calendar_of: CalendarOf) -> None:
    """Make the cells tell what these consultations are by now. To be called by one at a time."""
    facts = await made_facts(connection, keys, calendar_of)
    known = {(row.org, row.consultation_id): row for row in await connection.execute(_KNOWN, _ids(keys))}
    times = [key for key, fact in facts.items() if _times_differ(known.get(key), fact)]
    tallies = [key for key, fact in facts.items() if _tallies_differ(known.get(key), fact)]
    limit = {"days_from": days_from(day_of(now))}
    marked = [(row.org, row.id) for row in await connection.execute(_MARKED, _ids(keys))]
    if leaving := [key for key in marked if key in known]:
        await add(connection, leaving, leaving, -1, limit)
        await connection.execute(_FORGET_FACTS, _ids(leaving))
    await add(connection, [key for key in times if key in known], [key for key in tallies if key in known], -1, limit)
    await keep_facts(connection, facts.values(), now)
    await add(connection, times, tallies, 1, limit)
    await cells_changed(connection)


async def made_facts(connection: AsyncConnection, keys: Keys, calendar_of: CalendarOf) -> dict[tuple[str, Any], Fact]:
    """The facts of consultations as they are; of those that are gone, or marked for violence, there is none."""
    requests: dict[Any, list[CountedRequest]] = defaultdict(list)
    # Before the events, so that the event of each is there. What happens between is queued, and folded again.
    for each in await connection.execute(_REQUESTS, _ids(keys)):
        made = CountedRequest(each.sequence, each.outcome, each.outcome_sequence, each.starts_at)
        requests[each.consultation_id].append(made)
    events: dict[Any, list[FoldedEvent]] = defaultdict(list)
    rows = (await connection.execute(_ROWS, _ids(keys))).all()
    for event in await connection.execute(_EVENTS, _ids(keys)):
        events[event.consultation_id].append(folded_event(event))
    return {(row.org, row.id): fact_of(row, events[row.id], calendar_of, requests[row.id]) for row in rows}


async def keep_facts(connection: AsyncConnection, facts: Any, now: datetime) -> None:
    """Write facts over those that are there."""
    made = [{**fact.row, "tallies": [[str(each.day), *each[1:]] for each in fact.tallies]} for fact in facts]
    if made:
        await connection.execute(_KEEP, {"facts": json.dumps(made, default=str), "now": now})


async def add(connection: AsyncConnection, times: Keys, tallies: Keys, sign: int, limit: Mapping[str, Any]) -> None:
    """Add what the facts of these consultations hold to the cells, or take it away: `sign` is 1 or -1."""
    for statement, keys in ((ADD_TIMES[BY_IDS], times), (ADD_TALLIES[BY_IDS], tallies)):
        if keys:
            await connection.execute(statement, {**_ids(keys), "sign": sign, **limit})


def _ids(keys: Keys) -> dict[str, list[Any]]:
    return {"orgs": [org for org, _ in keys], "ids": [id_ for _, id_ in keys]}


def _times_differ(known: Row[Any] | None, fact: Fact) -> bool:
    if known is None:
        return fact.row["answered_day"] is not None
    return any(getattr(known, name) != fact.row[name] for name in _TIMES)


def _tallies_differ(known: Row[Any] | None, fact: Fact) -> bool:
    if known is None:
        return True
    before = [[str(each.day), *each[1:]] for each in fact.tallies]
    return before != known.tallies or any(getattr(known, name) != fact.row[name] for name in _KEYS)


def batches(keys: Keys, size: int = BATCH) -> Iterator[Keys]:
    """One after the other."""
    for first in range(0, len(keys), size):
        yield keys[first : first + size]
