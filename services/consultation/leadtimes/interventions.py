"""Interventions: what was done to shorten lead times, when and in which units, with the 85th percentile on both sides
of the day and the numbers behind it (R12).
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.cuts import EVERY, Cut, Slice
from services.consultation.leadtimes.figures import (
    EXACT_BELOW,
    TOTAL,
    Times,
    estimated,
    read_times,
)
from services.consultation.leadtimes.periods import Period, cells, days_from, month_of, next_month
from shared.audit import AuditEntry, record
from shared.database.single import SingleStatements
from shared.tokens.caller import Caller

SHARE = 0.85
_ADD = text(
    """
    INSERT INTO lead_time_intervention (org, id, name, day, units, registered_at, client_id)
    VALUES (:org, :id, :name, :day, :units, :registered_at, :client_id)
    """
)
_NEWEST = text(
    """
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS org)
    SELECT own.* FROM tenant
    CROSS JOIN LATERAL (
        SELECT id, name, day, units, registered_at FROM lead_time_intervention WHERE org = tenant.org
        ORDER BY day DESC, id DESC LIMIT :rows
    ) AS own
    """
)
_EXACT = text(
    """
    SELECT percentile_cont(CAST(:share AS float8)) WITHIN GROUP (ORDER BY total_seconds) AS value
    FROM lead_time_fact
    WHERE answered_day >= :first AND answered_day < :beyond
      AND (CAST(:units AS text[]) IS NULL OR unit = ANY(:units))
    """
)


Units = tuple[str, ...]
"""Those that are concerned; none of them stands for all."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """A named measure from a day on. Without units it concerns them all."""

    name: str
    day: date
    units: Units = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the day: how many were answered in the period, and the 85th percentile in seconds."""

    period: Period
    number: int
    seconds: float | None
    exact: bool


async def register_intervention(
    connection: AsyncConnection, caller: Caller, made: Intervention, now: datetime
) -> uuid.UUID:
    """Register one of the caller's organisation, with its entry in the trail; answers its id."""
    id_ = uuid.uuid4()
    values = {
        "org": caller.organisation,
        "id": id_,
        "name": made.name,
        "day": made.day,
        "units": list(made.units),
        "registered_at": now,
        "client_id": caller.client_id,
    }
    await connection.execute(_ADD, values)
    await record(connection, AuditEntry("lead_times.intervention_registered", now, caller, "intervention", id_))
    return id_


async def newest(single: SingleStatements, organisation: str, rows: int) -> list[Any]:
    """The organisation's own, the last day first."""
    return await single.rows(_NEWEST, {"org": organisation, "rows": rows})


def around(day: date, length: timedelta, today: date) -> tuple[Period, Period | None]:
    """As many days before the day as after it; None when it has not come yet. Today is in no side: it is not over.

    Where cells of days are no longer kept, whole months that lie within, and the month of the day is in neither.
    """
    first, beyond = day - length, min(day + length, today)
    if first >= days_from(today):
        return Period(first, day), Period(day, beyond) if beyond > day else None
    first, after = month_of(first), day if day.day == 1 else next_month(day)
    return Period(first, month_of(day)), Period(after, month_of(beyond)) if month_of(beyond) > after else None


async def sides(connection: AsyncConnection, wanted: Sequence[tuple[Period, Units]]) -> list[Side]:
    """The side of each period and its units, in the same order. Those of the same units are read together.

    As the role for figures, in a transaction that has begun with `one_moment`.
    """
    times = [Times() for _ in wanted]
    places: dict[Units, list[int]] = defaultdict(list)
    for place, (_, units) in enumerate(wanted):
        places[units].append(place)
    for units, of_units in places.items():
        chosen = Slice(Cut.UNIT, units) if units else Slice(Cut.ALL, (EVERY,))
        labelled = [(str(place), cell) for place in of_units for cell in cells(wanted[place][0])]
        for row in await read_times(connection, chosen, labelled, [TOTAL]):
            times[int(row.label)].add(row.number, row.buckets, row.counts)
    return [await _side(connection, *each, held) for each, held in zip(wanted, times, strict=True)]


async def _side(connection: AsyncConnection, period: Period, units: Units, times: Times) -> Side:
    if times.number == 0:
        return Side(period, 0, None, True)
    if times.number < EXACT_BELOW:
        values = {"share": SHARE, "first": period.first, "beyond": period.beyond, "units": list(units) or None}
        value = (await connection.execute(_EXACT, values)).scalar_one()
        return Side(period, times.number, float(value), True)
    value = estimated({TOTAL: times}, [SHARE], [TOTAL]).by_measure[TOTAL][0]
    return Side(period, times.number, value, False)
