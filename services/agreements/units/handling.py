"""Which unit handles what an organisation asks, found for a decision on grounds."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.organisations.domain import Organisation
from services.agreements.units.domain import Competence, HandlingUnit
from services.agreements.wire import ICD

# The asker's own row goes before the municipality's, or that of the kind. Of each the row that began last holds, also
# when its unit is no more. What has been assigned leans on the tenant's row, so that it is looked for after the
# organisation is set.
_HANDLING = text(
    """
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS org)
    SELECT wanted.answering, wanted.competence, v.code, v.name,
           CASE above.level WHEN 'region' THEN above.code END AS region
    FROM tenant
    CROSS JOIN unnest(CAST(:answering AS text[]), CAST(:needed AS text[])) AS wanted (answering, competence)
    LEFT JOIN LATERAL (
        SELECT a.unit_code, a.valid_from, 1 AS place
        FROM unit_for_asker a
        WHERE a.owner_org = wanted.answering AND a.organisation_number = :number
          AND a.competence = wanted.competence AND a.valid_from <= CAST(:on AS date)
        UNION ALL
        SELECT a.unit_code, a.valid_from, 2
        FROM unit_assignment a
        WHERE a.org = wanted.answering AND a.municipality_code = CAST(:municipality AS text)
          AND a.competence = wanted.competence AND a.valid_from <= CAST(:on AS date) AND a.withdrawn_at IS NULL
          AND tenant.org IS NOT NULL
        UNION ALL
        SELECT a.unit_code, a.valid_from, 2
        FROM unit_for_asker a
        WHERE a.owner_org = wanted.answering AND a.asking_kind = :kind
          AND a.competence = wanted.competence AND a.valid_from <= CAST(:on AS date)
        ORDER BY place, valid_from DESC
        LIMIT 1
    ) found ON true
    LEFT JOIN unit_version v ON v.code = found.unit_code AND v.period @> CAST(:on AS date)
    LEFT JOIN unit above ON above.code = v.parent
    """
)

Need = tuple[str, str]
"""The ten digits of who answers, and the competence that the question needs."""


async def handling_units(
    connection: AsyncConnection, asker: Organisation, number: str, needs: Collection[Need], on: date
) -> dict[Need, HandlingUnit]:
    """Who handles each of the asker's questions on the day.

    One statement that sets the organisation itself. `number` is the asker's ten digits.
    """
    values = {
        "org": ICD + number,
        "number": number,
        "kind": asker.kind,
        "municipality": asker.municipality_code,
        "answering": [ICD + answering for answering, _ in needs],
        "needed": [competence for _, competence in needs],
        "on": on,
    }
    return {
        (row["answering"].removeprefix(ICD), row["competence"]): HandlingUnit(
            code=row["code"], name=row["name"], region=row["region"], competence=Competence(row["competence"])
        )
        for row in (await connection.execute(_HANDLING, values)).mappings()
    }
