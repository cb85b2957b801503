"""Reads coverage. Only published agreements count, so the answer is the same for everybody."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.coverage.domain import Area

# An agreement covers a municipality when the employment service is a party: others are about something else.
_IN_FORCE = """
    SELECT a.org, a.id, a.invented FROM agreement a
    WHERE a.published AND a.status = 'signed' AND a.period @> CAST(:on AS date)
      AND a.kind IN ('local', 'multi_municipal', 'regional')
      AND EXISTS (SELECT FROM organisation o
                  WHERE o.code = 'af' AND '0007:' || o.organisation_number = ANY (a.party_orgs))
"""
_AREAS = text(
    f"""
    WITH in_force AS ({_IN_FORCE}),
    covering AS (
        SELECT p.municipality_code, p.county_code
        FROM in_force f JOIN agreement_party p ON p.org = f.org AND p.agreement_id = f.id
    )
    SELECT m.code, m.name, m.county_code, c.name AS county_name,
           m.code IN (SELECT municipality_code FROM covering WHERE municipality_code IS NOT NULL)
           OR m.county_code IN (SELECT county_code FROM covering WHERE county_code IS NOT NULL) AS covered
    FROM municipality m
    JOIN county c ON c.code = m.county_code AND c.period @> CAST(:on AS date)
    WHERE m.period @> CAST(:on AS date)
    ORDER BY m.code
    """
)
_COUNT = text(f"SELECT count(*) AS agreements, coalesce(bool_or(invented), false) AS invented FROM ({_IN_FORCE}) f")


@dataclass(frozen=True, slots=True)
class Counted:
    """The agreements behind the answer, and whether any of them is invented for the sandbox."""

    agreements: int
    invented: bool


async def areas(connection: AsyncConnection, on: date) -> list[Area]:
    """Every municipality of the day, by code."""
    return [Area(**row) for row in (await connection.execute(_AREAS, {"on": on})).mappings()]


async def counted(connection: AsyncConnection, on: date) -> Counted:
    """The agreements in force on the day."""
    return Counted(**(await connection.execute(_COUNT, {"on": on})).mappings().one())
