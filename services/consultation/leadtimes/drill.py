"""Drill down: the consultations that make up a figure, newest answer first, for who may read them one by one.

Of the reader's own organisation, by row-level security as well. What no list shows is not in this one either: about
persons with protected identity, and what is hidden from who lacks the special scope. So it can be shorter than the
figure says.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.repository import Reader, in_sight
from services.consultation.leadtimes.cuts import Cut
from services.consultation.leadtimes.facts import day_of
from services.consultation.leadtimes.periods import Period

# As the indexes of all, of an organisation and of a unit have them.
_ORDER = "(f.answered_day, f.answered_at, f.consultation_id)"
_COLUMNS = {
    Cut.ORGANISATION: "org",
    Cut.UNIT: "unit",
    Cut.AREA: "area",
    Cut.COUNTY: "county",
    Cut.MUNICIPALITY: "municipality",
    Cut.KIND: "kind",
    Cut.TYPE: "type",
    Cut.CHANNEL: "channel",
}


async def consultations_behind(
    connection: AsyncConnection,
    reader: Reader,
    period: Period,
    narrowed: Mapping[Cut, str],
    place: tuple[datetime, uuid.UUID] | None,
    rows: int,
    *,
    answering: bool,
) -> Sequence[Row[Any]]:
    """Answered in the period, after `place`. `answering` when the reader's organisation answers, else it asks."""
    conditions = " ".join(f"AND f.{_COLUMNS[cut]} = :{cut.value}" for cut in narrowed)
    after = "" if place is None else f"AND {_ORDER} < (:day, :at, CAST(:after AS uuid))"
    side = "f.answering_org" if answering else "f.org"
    statement = text(
        f"""
        SELECT f.consultation_id AS id, c.number, f.type, f.unit, f.answered_at, f.total_seconds, f.answering_seconds,
               f.asking_seconds, f.target_seconds, f.post_seconds, f.secrecy_seconds
        FROM lead_time_fact f
        JOIN consultation c ON c.org = f.org AND c.id = f.consultation_id
        WHERE f.answered_day >= :first AND f.answered_day < :beyond AND {side} = :org
          AND f.erased_on IS NULL {conditions} {after} AND NOT is_protected(c.person_mark) AND {in_sight("c")}
        ORDER BY f.answered_day DESC, f.answered_at DESC, f.consultation_id DESC LIMIT :rows
        """
    )
    values = {
        **reader.values(),
        **{cut.value: key for cut, key in narrowed.items()},
        "first": period.first,
        "beyond": period.beyond,
        "rows": rows,
    }
    if place is not None:
        values |= {"day": day_of(place[0]), "at": place[0], "after": place[1]}
    return (await connection.execute(statement, values)).all()
