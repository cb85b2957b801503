"""Reads the public register. These tables hold no organisation's data of its own."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.organisations.domain import County, Municipality, Organisation

_ORGANISATION = """
    SELECT o.code, o.organisation_number AS number, o.kind, o.name, o.name_en, o.abbreviation,
           o.municipality_code, m.name AS municipality_name, m.county_code, c.name AS county_name, o.invented
    FROM organisation o
    LEFT JOIN municipality m ON m.code = o.municipality_code AND m.period @> CAST(:on AS date)
    LEFT JOIN county c ON c.code = m.county_code AND c.period @> CAST(:on AS date)
    WHERE o.period @> CAST(:on AS date)
"""
_PAGE = text(
    f"""
    {_ORGANISATION}
      AND o.code > :after
      AND (CAST(:kind AS text) IS NULL OR o.kind = CAST(:kind AS text))
      AND (CAST(:county_code AS text) IS NULL OR m.county_code = CAST(:county_code AS text))
    ORDER BY o.code
    LIMIT :rows
    """
)
_ONE = text(f"{_ORGANISATION} AND o.organisation_number = :number")
_MUNICIPALITIES = text(
    """
    SELECT m.code, m.name, m.county_code, c.name AS county_name, o.organisation_number AS number,
           m.valid_from, m.valid_to
    FROM municipality m
    JOIN county c ON c.code = m.county_code AND c.period @> CAST(:on AS date)
    LEFT JOIN organisation o ON o.municipality_code = m.code
    WHERE m.period @> CAST(:on AS date)
    ORDER BY m.code
    """
)
_COUNTIES = text(
    """
    SELECT c.code, c.name, count(m.code) AS municipalities, c.valid_from, c.valid_to
    FROM county c
    LEFT JOIN municipality m ON m.county_code = c.code AND m.period @> CAST(:on AS date)
    WHERE c.period @> CAST(:on AS date)
    GROUP BY c.code, c.name, c.valid_from, c.valid_to
    ORDER BY c.code
    """
)


async def organisations_page(
    connection: AsyncConnection, *, on: date, kind: str | None, county_code: str | None, after: str, rows: int
) -> list[Organisation]:
    """By code, those after `after`."""
    values = {"on": on, "kind": kind, "county_code": county_code, "after": after, "rows": rows}
    return [Organisation(**row) for row in (await connection.execute(_PAGE, values)).mappings()]


async def find_organisation(connection: AsyncConnection, number: str, on: date) -> Organisation | None:
    """The organisation with a number, if it exists on the day."""
    row = (await connection.execute(_ONE, {"number": number, "on": on})).mappings().one_or_none()
    return None if row is None else Organisation(**row)


async def municipalities(connection: AsyncConnection, on: date) -> list[Municipality]:
    """Those that exist on the day, by code."""
    return [Municipality(**row) for row in (await connection.execute(_MUNICIPALITIES, {"on": on})).mappings()]


async def counties(connection: AsyncConnection, on: date) -> list[County]:
    """Those that exist on the day, by code."""
    return [County(**row) for row in (await connection.execute(_COUNTIES, {"on": on})).mappings()]
