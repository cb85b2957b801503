"""What is open now, by age: read from the open consultations themselves, never from history.

As the serving role, so that an organisation reads its own and the answering authority what is put to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.areas import AREAS
from services.consultation.leadtimes.cuts import Cut
from services.consultation.leadtimes.domain import AgeBoundary

_KEYS = {
    Cut.ALL: "'all'",
    Cut.ORGANISATION: "org",
    Cut.UNIT: "unit",
    Cut.COUNTY: "coalesce(county_code, 'none')",
    Cut.MUNICIPALITY: "coalesce(municipality_code, 'none')",
    Cut.KIND: "asker_kind",
    Cut.TYPE: "type",
    Cut.CHANNEL: "channel_in",
}
AGEING_CUTS = tuple(_KEYS)
# All of them are in the index of the queue, which holds what is open and nothing else.
_OPEN = """
    FROM consultation
    WHERE answering_org = :answering AND turn <> 'nobody' AND restricted IS DISTINCT FROM 'violence'
      AND (org = :reader OR answering_org = :reader)
      AND (CAST(:organisation AS text) IS NULL OR org = :organisation)
      AND (CAST(:unit AS text) IS NULL OR unit = :unit)
      AND (CAST(:municipality AS text) IS NULL OR municipality_code = :municipality)
      AND (CAST(:counties AS text[]) IS NULL OR county_code = ANY(:counties))
      AND (CAST(:kind AS text) IS NULL OR asker_kind = :kind)
      AND (CAST(:type AS text) IS NULL OR type = :type)
      AND (CAST(:channel AS text) IS NULL OR channel_in = :channel)
"""
_BUCKET = "width_bucket(opened_at, CAST(:boundaries AS timestamptz[]))"
_COUNTS = "count(*) AS number, count(*) FILTER (WHERE due_at < coalesce(clock_stopped_at, :now)) AS overdue"
_BY_TURN = text(f"SELECT turn AS key, {_BUCKET} AS bucket, {_COUNTS}, min(opened_at) AS oldest {_OPEN} GROUP BY 1, 2")
_BY_CUT = {
    cut: text(f"SELECT {key} AS key, {_BUCKET} AS bucket, {_COUNTS}, min(opened_at) AS oldest {_OPEN} GROUP BY 1, 2")
    for cut, key in _KEYS.items()
}


@dataclass(frozen=True, slots=True)
class OpenCut:
    """Which open consultations count: `narrowed` by any of the cuts, as `reader` may see them."""

    reader: str
    answering: str
    narrowed: dict[Cut, str]

    def values(self) -> dict[str, object]:
        """Parameters of the statements."""
        area = self.narrowed.get(Cut.AREA)
        county = self.narrowed.get(Cut.COUNTY)
        counties = list(AREAS[area][1]) if area in AREAS else [] if area else [county] if county else None
        single = (Cut.ORGANISATION, Cut.UNIT, Cut.MUNICIPALITY, Cut.KIND, Cut.TYPE, Cut.CHANNEL)
        return {
            "reader": self.reader,
            "answering": self.answering,
            "counties": counties,
            **{cut.value: self.narrowed.get(cut) for cut in single},
        }


@dataclass(frozen=True, slots=True)
class OpenAge:
    """Open consultations of one key up to an age in working days; None is older than the last limit."""

    key: str
    up_to_working_days: int | None
    count: int
    overdue: int
    oldest: datetime


async def open_ages(
    connection: AsyncConnection,
    cut: OpenCut,
    now: datetime,
    boundaries: Sequence[AgeBoundary],
    by: Cut | None = None,
) -> list[OpenAge]:
    """By turn, or by the keys of a cut, and age, from the boundaries of the age limits."""
    oldest_first = sorted(boundary.opened_from for boundary in boundaries)
    limits = [None, *sorted((boundary.working_days for boundary in boundaries), reverse=True)]
    values = {**cut.values(), "now": now, "boundaries": oldest_first}
    rows = await connection.execute(_BY_TURN if by is None else _BY_CUT[by], values)
    found = [OpenAge(row.key, limits[row.bucket], row.number, row.overdue, row.oldest) for row in rows]
    return sorted(found, key=lambda age: (age.key, age.up_to_working_days or math.inf))
