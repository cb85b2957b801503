"""Rebuild: every fact and every cell again from consultations and their events, in one transaction.

For when the definition of a figure has changed, or consultations have been loaded past the door. Who reads meanwhile
reads the cells as they were. What folds meanwhile waits. Facts of consultations that have been erased stay.
"""

import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.consultation.clocks.all_calendars import read_calendars
from services.consultation.leadtimes.cells import ADD_TALLIES, ADD_TIMES, EVERYTHING
from services.consultation.leadtimes.facts import day_of
from services.consultation.leadtimes.folding import BATCH, LOCK, keep_facts, made_facts
from services.consultation.leadtimes.periods import days_from
from services.consultation.leadtimes.version import cells_changed

_ALONE = text(f"SELECT pg_advisory_xact_lock({LOCK})")
_EMPTY = ("DELETE FROM lead_time_pending", "DELETE FROM lead_time_cube", "DELETE FROM lead_time_tally")
# Also one that has just been marked, and whose fact would have been taken away by what waited to be folded.
_FORGET_MARKED = text(
    """
    DELETE FROM lead_time_fact f USING consultation c
    WHERE c.org = f.org AND c.id = f.consultation_id AND c.restricted = 'violence'
    """
)
_NEXT = text(
    "SELECT org, id FROM consultation WHERE (org, id) > (:org, CAST(:id AS uuid)) ORDER BY org, id LIMIT :rows"
)


async def rebuild(worker_url: str, now: datetime, told: Callable[[int], object] = lambda _: None) -> int:
    """Rebuild as the role of background jobs; answers how many consultations. `told` hears how far it has come."""
    # An engine of its own: the others give up on a statement that takes longer than a request may.
    engine = create_async_engine(worker_url, hide_parameters=True)
    done, org, id_ = 0, "", uuid.UUID(int=0)
    try:
        async with engine.begin() as connection:
            await connection.execute(_ALONE)
            calendar_of = await read_calendars(connection)
            for statement in _EMPTY:
                await connection.execute(text(statement))
            while rows := (await connection.execute(_NEXT, {"org": org, "id": id_, "rows": 25 * BATCH})).all():
                facts = await made_facts(connection, [(row.org, row.id) for row in rows], calendar_of)
                await keep_facts(connection, facts.values(), now)
                org, id_ = rows[-1].org, rows[-1].id
                done += len(rows)
                told(done)
            await connection.execute(_FORGET_MARKED)
            values = {"sign": 1, "days_from": days_from(day_of(now))}
            for adding in (ADD_TIMES, ADD_TALLIES):
                await connection.execute(adding[EVERYTHING], values)
            await cells_changed(connection)
    finally:
        await engine.dispose()
    return done
