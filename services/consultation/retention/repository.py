"""Erasing in the database, as the role of background jobs. One statement takes a thing whole, or nothing of it.

What is due is found in the order in which it ended, by an index, a batch at a time and from where the batch before
came to: what is held, or waits for another round, is passed over once in a run.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.folding import LOCK as FOLDING
from services.consultation.retention.classes import CONSULTATION, HOUSEHOLD, LOOKUP, PROTECTED_MARK
from services.consultation.retention.parts import PARTS, Part
from shared.audit import OPERATOR

_LOCK = 727_478  # of all the advisory locks of a database, that of erasing; others: carry_out.py, sealer.py, folding.py

# Which instant it is, is the earlier of two clocks: neither alone can make time pass. Facts are not folded meanwhile.
# Plans are made for the size of the batch; one made for any size would read whole tables.
_ENTER = text(
    f"""
    SELECT set_config('app.org', '{OPERATOR}', true), set_config('plan_cache_mode', 'force_custom_plan', true),
           pg_advisory_xact_lock({FOLDING}),
           least(CAST(:now AS timestamptz), clock_timestamp()) AS moment
    WHERE pg_try_advisory_xact_lock({_LOCK})
    """
)


_BEGINNING, _NIL = datetime(1900, 1, 1, tzinfo=UTC), uuid.UUID(int=0)


class Place(NamedTuple):
    """How far a run has come."""

    at: datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Erased:
    """What a batch came to: things looked at and erased, rows of them in all, facts that lost their id.

    `place` is of the last that was looked at, None when there was none.
    """

    looked_at: int
    number: int
    rows: int = 0
    facts: int = 0
    place: Place | None = None


async def enter(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Become the one who erases, as the operator; the instant to judge by. None while another erases."""
    row = (await connection.execute(_ENTER, {"now": now})).one_or_none()
    return None if row is None else row.moment


# --- consultations, with all their rounds -------------------------------------------------------------------------

# From the last round back: rounds are one handling, and go together or not at all. Whether one is held, or of this
# year, the database says. What somebody is changing in this moment is left for the next run. OFFSET 0 keeps the
# planner, which can't guess how many rounds there are, from reading the whole table to join it.
ENDED_CONSULTATIONS = text(
    """
    WITH RECURSIVE looked_at AS MATERIALIZED (
        SELECT org, id, previous_id, closed_at FROM consultation
        WHERE closed_at < :before AND (closed_at, id) > (:at, CAST(:after AS uuid))
        ORDER BY closed_at, id LIMIT :rows
    ), round AS (
        SELECT l.org, l.id AS last, l.id, l.previous_id, l.closed_at FROM looked_at l
        WHERE NOT EXISTS (SELECT FROM consultation n WHERE n.org = l.org AND n.previous_id = l.id OFFSET 0)
        UNION ALL
        SELECT r.org, r.last, p.id, p.previous_id, p.closed_at
        FROM round r CROSS JOIN LATERAL (
            SELECT id, previous_id, closed_at FROM consultation
            WHERE org = r.org AND id = r.previous_id OFFSET 0
        ) AS p
    ), whole AS (
        SELECT r.org, r.last, count(*) AS rounds FROM round r GROUP BY r.org, r.last
        HAVING bool_and(coalesce(r.closed_at < :before, false) AND erasable(r.org, r.id))
    ), locked AS (
        SELECT r.org, r.last, c.id
        FROM whole w JOIN round r USING (org, last) CROSS JOIN LATERAL (
            SELECT id FROM consultation WHERE org = r.org AND id = r.id FOR UPDATE SKIP LOCKED
        ) AS c
    )
    SELECT l.org, l.id, l.closed_at, w.rounds,
           ARRAY(SELECT k.id FROM locked k WHERE k.org = l.org AND k.last = l.id) AS ids
    FROM looked_at l LEFT JOIN whole w ON w.org = l.org AND w.last = l.id
    """
)
# Asked again of what is locked by now, and of a handling as a whole: a hold may have come before the lock did. What has
# happened and has not been folded yet would be missing in the figures.
_CHOSEN = """
    named AS MATERIALIZED (
        SELECT n.org, n.id, n.last, erasable(n.org, n.id) AND NOT EXISTS (
                   SELECT FROM lead_time_pending p WHERE p.org = n.org AND p.consultation_id = n.id) AS may
        FROM unnest(CAST(:orgs AS text[]), CAST(:ids AS uuid[]), CAST(:lasts AS uuid[])) AS n (org, id, last)
    ), chosen AS MATERIALIZED (
        SELECT c.org, c.id, c.answering_org, c.type, c.unit, c.county_code, c.municipality_code, c.state, c.closed_at,
               c.restricted, c.pulse_rating
        FROM (SELECT org, last FROM named GROUP BY org, last HAVING bool_and(may)) AS whole
             JOIN named USING (org, last) JOIN consultation c USING (org, id)
    ), told AS MATERIALIZED (
        SELECT e.org, e.id, c.answering_org
        FROM chosen c JOIN consultation_event e ON e.org = c.org AND e.consultation_id = c.id
    ), linked AS MATERIALIZED (
        SELECT l.org, l.consultation_id, l.to_org, l.to_id
        FROM chosen c JOIN consultation_link l ON l.org = c.org AND l.consultation_id = c.id
        UNION
        SELECT l.org, l.consultation_id, l.to_org, l.to_id
        FROM chosen c JOIN consultation_link l ON l.to_org = c.org AND l.to_id = c.id
    )
"""
_RATINGS = ", ".join(f"count(*) FILTER (WHERE pulse_rating = {rating})" for rating in range(1, 6))
_ADDED = ", ".join(f"p.ratings[{rating}] + excluded.ratings[{rating}]" for rating in range(1, 6))
# What figures need stays: facts without the id and the time of day, and how many pulses said what in a month.
_FIGURES = f"""
    loosened AS (
        UPDATE lead_time_fact f
        SET consultation_id = gen_random_uuid(), erased_on = CAST(:day AS date), folded_at = CAST(:day AS date),
            answered_at = f.answered_day::timestamp AT TIME ZONE 'Europe/Stockholm'
        FROM chosen c WHERE f.org = c.org AND f.consultation_id = c.id
        RETURNING 1
    ), pulses AS (
        INSERT INTO lead_time_pulse AS p (month, type, unit, county, municipality, closed, ratings)
        SELECT date_trunc('month', closed_at AT TIME ZONE 'Europe/Stockholm')::date, type, unit,
               coalesce(county_code, 'none'), coalesce(municipality_code, 'none'), count(*), ARRAY[{_RATINGS}]
        FROM chosen WHERE state = 'closed' AND restricted IS DISTINCT FROM 'violence'
        GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (month, type, unit, county, municipality) DO UPDATE
        SET closed = p.closed + excluded.closed, ratings = ARRAY[{_ADDED}]
    )
"""


def _removal(part: Part) -> str:
    removed = f"{part.table}_gone AS (DELETE FROM {part.table} t USING {part.found} WHERE {part.belongs} RETURNING "
    if part.file is None:
        return f"{removed} 1)"
    return f"""
        {removed} CAST(t.{part.file} AS text) AS key),
        {part.table}_files AS (
            INSERT INTO file_to_erase (key, noted_at) SELECT key, clock_timestamp() FROM {part.table}_gone
            WHERE key IS NOT NULL ON CONFLICT (key) DO NOTHING)
    """


def erasing(parts: Sequence[Part]) -> TextClause:
    """The statement that erases consultations with these parts: foreign keys are asked when all of it is done.

    Parameters: `orgs` and `ids` of them, `lasts` with the id of each one's last round, and `day`.
    """
    removals = ",".join(_removal(part) for part in parts)
    rows = " + ".join(f"(SELECT count(*) FROM {part.table}_gone)" for part in parts)
    return text(
        f"""
        WITH {_CHOSEN}, {_FIGURES}, {removals},
        gone AS (
            DELETE FROM consultation t USING chosen c WHERE t.org = c.org AND t.id = c.id RETURNING 1
        )
        SELECT (SELECT count(*) FROM gone) AS number, (SELECT count(*) FROM gone) + {rows} AS rows,
               (SELECT count(*) FROM loosened) AS facts
        """
    ).bindparams(
        bindparam("orgs", type_=ARRAY(TEXT)), bindparam("ids", type_=ARRAY(UUID)), bindparam("lasts", type_=ARRAY(UUID))
    )


ERASE_CONSULTATIONS = erasing(PARTS)


async def erase_consultations(
    connection: AsyncConnection, before: datetime, after: Place | None, moment: datetime, rows: int
) -> Erased:
    """Erase, of the next `rows` that ended before `before`, those that are due with all their rounds."""
    found = (await connection.execute(ENDED_CONSULTATIONS, _window(before, after, rows))).all()
    due = [(row.org, id_, row.id) for row in found if row.rounds == len(row.ids) for id_ in row.ids]
    if not due:
        return Erased(len(found), 0, place=_last(found, "closed_at"))
    orgs, ids, lasts = (list(column) for column in zip(*due, strict=True))
    values = {"orgs": orgs, "ids": ids, "lasts": lasts, "day": moment.date()}
    gone = (await connection.execute(ERASE_CONSULTATIONS, values)).one()
    return Erased(len(found), gone.number, gone.rows, gone.facts, _last(found, "closed_at"))


# --- what is a row or two -----------------------------------------------------------------------------------------

_NEXT = """
    looked_at AS MATERIALIZED (
        SELECT org, id, {clock} AS at FROM {table}
        WHERE {clock} < :before AND ({clock}, id) > (:at, CAST(:after AS uuid))
        ORDER BY {clock}, id LIMIT :rows
    )
"""
_COUNTED = """
    SELECT l.org, l.id, l.at, (SELECT count(*) FROM gone) AS number, {rows} AS rows FROM looked_at l
"""
# What a consultation rests on is kept as long as the consultation, and what a household names as long as it.
_ERASE_LOOKUPS = f"""
    WITH {_NEXT.format(table="lookup", clock="asked_at")},
    due AS MATERIALIZED (
        SELECT l.org, l.id FROM looked_at l
        WHERE NOT EXISTS (SELECT FROM consultation c WHERE c.org = l.org AND c.lookup_id = l.id)
          AND NOT EXISTS (SELECT FROM household_member m WHERE m.org = l.org AND m.lookup_id = l.id)
    ),
    attempts AS (DELETE FROM lookup_attempt t USING due d WHERE t.org = d.org AND t.lookup_id = d.id RETURNING 1),
    answers AS (DELETE FROM kept_lookup t USING due d WHERE t.org = d.org AND t.lookup_id = d.id RETURNING 1),
    gone AS (DELETE FROM lookup t USING due d WHERE t.org = d.org AND t.id = d.id RETURNING 1)
    {
    _COUNTED.format(
        rows="(SELECT count(*) FROM gone) + (SELECT count(*) FROM attempts) + (SELECT count(*) FROM answers)"
    )
}
"""
_ERASE_HOUSEHOLDS = f"""
    WITH {_NEXT.format(table="household_lookup", clock="asked_at")},
    members AS (
        DELETE FROM household_member t USING looked_at l WHERE t.org = l.org AND t.household_id = l.id RETURNING 1
    ),
    gone AS (DELETE FROM household_lookup t USING looked_at l WHERE t.org = l.org AND t.id = l.id RETURNING 1)
    {_COUNTED.format(rows="(SELECT count(*) FROM gone) + (SELECT count(*) FROM members)")}
"""
_ERASE_MARKS = f"""
    WITH {_NEXT.format(table="protected_person", clock="ended_at")},
    gone AS (DELETE FROM protected_person t USING looked_at l WHERE t.org = l.org AND t.id = l.id RETURNING 1)
    {_COUNTED.format(rows="(SELECT count(*) FROM gone)")}
"""
ERASE_ROWS = {
    LOOKUP.code: text(_ERASE_LOOKUPS),
    HOUSEHOLD.code: text(_ERASE_HOUSEHOLDS),
    PROTECTED_MARK.code: text(_ERASE_MARKS),
}


async def erase_rows(
    connection: AsyncConnection, code: str, before: datetime, after: Place | None, rows: int
) -> Erased:
    """Erase, of the next `rows` of a class that began to count before `before`, those that are due."""
    found = (await connection.execute(ERASE_ROWS[code], _window(before, after, rows))).all()
    if not found:
        return Erased(0, 0)
    return Erased(len(found), found[0].number, found[0].rows, 0, _last(found, "at"))


# --- what stands in the way ---------------------------------------------------------------------------------------

_CLOCKS = {
    CONSULTATION.code: ("consultation", "closed_at"),
    LOOKUP.code: ("lookup", "asked_at"),
    HOUSEHOLD.code: ("household_lookup", "asked_at"),
    PROTECTED_MARK.code: ("protected_person", "ended_at"),
}
_PASS_OVER = {
    code: text(f"WITH {_NEXT.format(table=table, clock=clock)} SELECT id, at FROM looked_at")
    for code, (table, clock) in _CLOCKS.items()
}


async def pass_over(connection: AsyncConnection, code: str, before: datetime, after: Place | None) -> Erased:
    """Look at the next one that began to count before `before`, and leave it."""
    found = (await connection.execute(_PASS_OVER[code], _window(before, after, 1))).all()
    return Erased(len(found), 0, place=_last(found, "at"))


def _window(before: datetime, after: Place | None, rows: int) -> dict[str, object]:
    return {
        "before": before,
        "at": after.at if after else _BEGINNING,
        "after": after.id if after else _NIL,
        "rows": rows,
    }


def _last(found: Sequence[Row[Any]], clock: str) -> Place | None:
    return max((Place(getattr(row, clock), row.id) for row in found), default=None)
