"""Reads grounds and keeps decisions: one round trip each, since every look-up waits for both.

Which unit handles a consultation is a third, which a look-up is spared: in the statement that every look-up needs it
would be planned anew each time, and three times as slow.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.grounds.domain import Decision, Evidence, Ground
from services.agreements.organisations.domain import Organisation
from services.agreements.units.domain import HandlingUnit
from services.agreements.units.handling import Need, handling_units
from services.agreements.wire import ICD

_EVIDENCE = text(
    """
    WITH asker AS MATERIALIZED (
        SELECT o.code, o.organisation_number AS number, o.kind, o.name, o.name_en, o.abbreviation,
               o.municipality_code, m.name AS municipality_name, m.county_code, c.name AS county_name, o.invented,
               o.competence AS always_needs
        FROM organisation o
        LEFT JOIN municipality m ON m.code = o.municipality_code AND m.period @> CAST(:on AS date)
        LEFT JOIN county c ON c.code = m.county_code AND c.period @> CAST(:on AS date)
        WHERE o.organisation_number = :number AND o.period @> CAST(:on AS date)
    )
    SELECT asker.*, (SELECT max(edition) FROM grounds_edition) AS edition,
           wanted.information_set, s.code IS NOT NULL AS known,
           CASE WHEN s.competence IS NOT NULL THEN coalesce(asker.always_needs, s.competence) END AS competence,
           answering.organisation_number AS answering,
           g.id AS ground_id, g.valid_from, g.valid_to, g.fields, b.id AS legal_basis_id, b.reference,
           b.title_sv AS title, b.verified,
           EXISTS (SELECT FROM ground x WHERE x.information_set = s.code AND x.asking_kind = asker.kind
                   AND x.purpose = :purpose) AS on_another_day,
           EXISTS (SELECT FROM ground x WHERE x.information_set = s.code
                   AND x.asking_kind = asker.kind) AS for_another_purpose,
           EXISTS (SELECT FROM ground x WHERE x.information_set = s.code) AS for_another_kind
    FROM unnest(CAST(:information_sets AS text[])) WITH ORDINALITY AS wanted (information_set, place)
    LEFT JOIN asker ON true
    LEFT JOIN information_set s ON s.code = wanted.information_set
    LEFT JOIN organisation answering ON answering.code = s.answering
    LEFT JOIN (ground g JOIN legal_basis b ON b.id = g.legal_basis AND b.period @> CAST(:on AS date))
           ON g.information_set = s.code AND g.asking_kind = asker.kind AND g.purpose = :purpose
          AND g.period @> CAST(:on AS date)
    ORDER BY wanted.place
    """
)
_KEEP = text(
    """
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS org)
    INSERT INTO decision (org, id, version, at, purpose, permitted, items)
    SELECT tenant.org, :id, :version, :at, :purpose, :permitted, CAST(:items AS jsonb) FROM tenant
    """
)
_ORGANISATION_COLUMNS = tuple(Organisation.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a decision is made from. `edition` is 0 while no grounds have been loaded."""

    organisation: Organisation | None
    edition: int
    evidence: tuple[Evidence, ...]


async def find_evidence(
    connection: AsyncConnection,
    *,
    number: str,
    purpose: str,
    information_sets: Sequence[str],
    on: date,
    handled_on: date,
) -> Found:
    """Evidence in the order of `information_sets`, of which there is at least one.

    `on` is the day of the grounds, `handled_on` that of the units.
    """
    values = {"number": number, "purpose": purpose, "information_sets": list(information_sets), "on": on}
    rows = (await connection.execute(_EVIDENCE, values)).mappings().all()
    first = rows[0]
    asker = None if first["code"] is None else Organisation(**{name: first[name] for name in _ORGANISATION_COLUMNS})
    needs = {need for row in rows if row["ground_id"] is not None and (need := _need(row)) is not None}
    handled = await handling_units(connection, asker, number, needs, handled_on) if asker and needs else {}
    return Found(asker, first["edition"] or 0, tuple(_evidence(row, handled) for row in rows))


def _need(row: RowMapping) -> Need | None:
    """What a handler must be able to, and where; None when it is no question to a handler."""
    return None if row["answering"] is None or row["competence"] is None else (row["answering"], row["competence"])


def _evidence(row: RowMapping, handled: Mapping[Need, HandlingUnit]) -> Evidence:
    need = _need(row)
    return Evidence(
        information_set=row["information_set"],
        known=row["known"],
        answering=row["answering"],
        ground=_ground(row),
        on_another_day=row["on_another_day"],
        for_another_purpose=row["for_another_purpose"],
        for_another_kind=row["for_another_kind"],
        handled_by=None if need is None else handled.get(need),
    )


def _ground(row: RowMapping) -> Ground | None:
    if row["ground_id"] is None:
        return None
    return Ground(
        id=row["ground_id"],
        legal_basis_id=row["legal_basis_id"],
        reference=row["reference"],
        title=row["title"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        fields=tuple(row["fields"]),
        verified=row["verified"],
    )


async def keep(connection: AsyncConnection, decision: Decision) -> None:
    """Keep the decision under the organisation that asks, which the statement sets itself."""
    await connection.execute(
        _KEEP,
        {
            "org": ICD + decision.number,
            "id": decision.id,
            "version": decision.version,
            "at": decision.at,
            "purpose": decision.purpose,
            "permitted": decision.permitted,
            "items": _items(decision),
        },
    )


def _items(decision: Decision) -> str:
    stored: list[dict[str, Any]] = [asdict(item) for item in decision.items]
    return json.dumps(stored, default=str, ensure_ascii=False)
