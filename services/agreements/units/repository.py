"""Reads units and what each handles on a day. Public: no organisation's data but what its owner has published."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.units.domain import AskerRoute, Competence, Level, Route, Unit
from services.agreements.wire import ICD

# The root first, then regions, then units.
_UNITS = text(
    """
    SELECT u.code, u.owner_org, u.level, v.name, v.parent, u.invented, v.valid_from, v.valid_to
    FROM unit u JOIN unit_version v ON v.code = u.code AND v.period @> CAST(:on AS date)
    WHERE CAST(:code AS text) IS NULL OR u.code = CAST(:code AS text)
    ORDER BY array_position(ARRAY['national', 'region', 'unit'], u.level), u.code
    """
)
# An assignment lasts until the day before the next.
# By an index for each municipality and competence: a join could take thousands of times as long by statistics that are
# older than the units.
_ROUTES = text(
    """
    SELECT m.code AS municipality_code, m.name AS municipality_name, needed.competence,
           v.code AS unit, v.name AS unit_name, region.code AS region, named.name AS region_name,
           CASE WHEN v.code IS NOT NULL THEN a.valid_from END AS valid_from,
           CASE WHEN v.code IS NOT NULL THEN until.valid_to END AS valid_to
    FROM municipality m
    CROSS JOIN unnest(CAST(:competences AS text[])) WITH ORDINALITY AS needed (competence, place)
    LEFT JOIN LATERAL (
        SELECT DISTINCT ON (begun.org) begun.org, begun.unit_code, begun.valid_from
        FROM unit_assignment begun
        WHERE begun.municipality_code = m.code AND begun.competence = needed.competence
          AND begun.withdrawn_at IS NULL AND begun.valid_from <= CAST(:on AS date)
        ORDER BY begun.org, begun.valid_from DESC
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT min(next.valid_from) - 1 AS valid_to FROM unit_assignment next
        WHERE next.org = a.org AND next.municipality_code = m.code AND next.competence = needed.competence
          AND next.withdrawn_at IS NULL AND next.valid_from > CAST(:on AS date)
    ) until ON true
    LEFT JOIN unit_version v ON v.code = a.unit_code AND v.period @> CAST(:on AS date)
    LEFT JOIN (unit region JOIN unit_version named ON named.code = region.code AND named.period @> CAST(:on AS date))
           ON region.code = v.parent AND region.level = 'region'
    WHERE m.period @> CAST(:on AS date)
      AND (CAST(:municipality AS text) IS NULL OR m.code = CAST(:municipality AS text))
      AND (CAST(:unit AS text) IS NULL OR v.code = CAST(:unit AS text))
    ORDER BY m.code, needed.place
    """
)
_ASKERS = text(
    """
    SELECT kind, number, competence, valid_from FROM (
        SELECT DISTINCT ON (a.asking_kind, a.organisation_number, a.competence)
               a.asking_kind AS kind, a.organisation_number AS number, a.competence, a.unit_code, a.valid_from
        FROM unit_for_asker a
        WHERE a.valid_from <= CAST(:on AS date)
        ORDER BY a.asking_kind, a.organisation_number, a.competence, a.valid_from DESC
    ) latest
    WHERE unit_code = :unit
    ORDER BY kind NULLS LAST, number, competence
    """
)


async def units(connection: AsyncConnection, on: date, code: str | None = None) -> list[Unit]:
    """Those that exist on the day, the root first; or the one with a code."""
    rows = (await connection.execute(_UNITS, {"on": on, "code": code})).mappings()
    return [
        Unit(
            code=row["code"],
            owner=row["owner_org"].removeprefix(ICD),
            level=Level(row["level"]),
            name=row["name"],
            parent=row["parent"],
            invented=row["invented"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )
        for row in rows
    ]


async def routes(
    connection: AsyncConnection,
    on: date,
    *,
    competences: Sequence[Competence],
    municipality: str | None = None,
    unit: str | None = None,
) -> list[Route]:
    """For each municipality of the day and competence, the unit; by code. `unit` leaves those that it handles.

    Needs an organisation set, if only the public one.
    """
    values = {
        "on": on,
        "competences": [competence.value for competence in competences],
        "municipality": municipality,
        "unit": unit,
    }
    rows = (await connection.execute(_ROUTES, values)).mappings()
    return [Route(**{**row, "competence": Competence(row["competence"])}) for row in rows]


async def askers(connection: AsyncConnection, on: date, unit: str) -> list[AskerRoute]:
    """Who else a unit handles on the day."""
    rows = (await connection.execute(_ASKERS, {"on": on, "unit": unit})).mappings()
    return [AskerRoute(**{**row, "competence": Competence(row["competence"])}) for row in rows]
