"""Agreements in the database. `org` is the organisation that reads or writes, as canonical text (`0007:…`)."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.register.domain import Agreement, Known, NamedParty, Party, Proposal, Resolved
from services.agreements.wire import ICD

_COLUMNS = """
    SELECT a.id, a.version, a.org, a.kind, a.title, a.status, a.signed_on, a.valid_from, a.valid_to,
           a.published, a.invented, a.legal_bases, a.created_at
    FROM agreement a
    WHERE (a.published OR a.org = :org OR :org = ANY (a.party_orgs))
"""
_ONE = text(f"{_COLUMNS} AND a.id = :id")
_PAGE = text(
    f"""
    {_COLUMNS}
      AND (CAST(:on AS date) IS NULL OR (a.status = 'signed' AND a.period @> CAST(:on AS date)))
      AND (CAST(:kind AS text) IS NULL OR a.kind = CAST(:kind AS text))
      AND (CAST(:code AS text) IS NULL OR EXISTS (
          SELECT FROM agreement_party p
          WHERE p.org = a.org AND p.agreement_id = a.id
            AND (p.municipality_code = CAST(:code AS text)
                 OR p.county_code IN (SELECT county_code FROM municipality WHERE code = CAST(:code AS text)))))
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (a.created_at, a.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
    ORDER BY a.created_at DESC, a.id DESC
    LIMIT :rows
    """
)
_PARTIES = text(
    """
    SELECT p.agreement_id, p.organisation_number, p.municipality_code, p.county_code,
           coalesce(o.name, c.name) AS name
    FROM agreement_party p
    JOIN agreement a ON a.org = p.org AND a.id = p.agreement_id
    LEFT JOIN organisation o ON o.organisation_number = p.organisation_number
    LEFT JOIN county c ON c.code = p.county_code AND c.period @> a.valid_from
    WHERE p.agreement_id = ANY (:ids)
    ORDER BY p.agreement_id, p.place
    """
)
_KNOWN = text(
    """
    SELECT o.organisation_number AS number, o.municipality_code, m.county_code
    FROM organisation o
    LEFT JOIN municipality m ON m.code = o.municipality_code AND m.period @> CAST(:on AS date)
    WHERE o.period @> CAST(:on AS date)
      AND (o.organisation_number = ANY (CAST(:numbers AS text[]))
           OR m.code = ANY (CAST(:municipalities AS text[]))
           OR m.county_code = ANY (CAST(:counties AS text[])))
    """
)
_ADD = text(
    """
    INSERT INTO agreement (org, id, version, kind, title, status, signed_on, valid_from, valid_to,
                           party_orgs, legal_bases, published, created_at)
    VALUES (:org, :id, 1, :kind, :title, :status, :signed_on, :valid_from, :valid_to,
            :party_orgs, :legal_bases, :published, :now)
    """
)
_ADD_PARTIES = text(
    """
    INSERT INTO agreement_party
           (org, agreement_id, place, role, organisation_number, municipality_code, county_code)
    SELECT :org, :id, p.place, p.role, p.number, p.municipality_code, p.county_code
    FROM jsonb_to_recordset(CAST(:parties AS jsonb))
         AS p (place smallint, role text, number text, municipality_code text, county_code text)
    """
)


async def find(connection: AsyncConnection, org: str, agreement_id: uuid.UUID) -> Agreement | None:
    """The agreement, if it is visible to the organisation."""
    rows = (await connection.execute(_ONE, {"org": org, "id": agreement_id})).mappings().all()
    return next(iter(await _agreements(connection, rows)), None)


async def agreements_page(
    connection: AsyncConnection,
    org: str,
    *,
    on: date | None,
    kind: str | None,
    municipality_code: str | None,
    after: tuple[datetime, uuid.UUID] | None,
    rows: int,
) -> list[Agreement]:
    """Visible agreements, newest first. `on` leaves those in force, `municipality_code` those that cover it."""
    after_at, after_id = after or (None, None)
    values = {
        "org": org,
        "on": on,
        "kind": kind,
        "code": municipality_code,
        "after_at": after_at,
        "after_id": after_id,
        "rows": rows,
    }
    return await _agreements(connection, (await connection.execute(_PAGE, values)).mappings().all())


async def _agreements(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[Agreement]:
    parties = await _parties(connection, [row["id"] for row in rows])
    return [_agreement(row, parties[row["id"]]) for row in rows]


async def _parties(connection: AsyncConnection, ids: Sequence[uuid.UUID]) -> defaultdict[uuid.UUID, list[NamedParty]]:
    found: defaultdict[uuid.UUID, list[NamedParty]] = defaultdict(list)
    for row in (await connection.execute(_PARTIES, {"ids": list(ids)})).mappings():
        party = Party(row["organisation_number"], row["municipality_code"], row["county_code"])
        found[row["agreement_id"]].append(NamedParty(party, row["name"]))
    return found


def _agreement(row: RowMapping, parties: Iterable[NamedParty]) -> Agreement:
    return Agreement(
        id=row["id"],
        version=row["version"],
        owner=row["org"].removeprefix(ICD),
        kind=row["kind"],
        title=row["title"],
        status=row["status"],
        signed_on=row["signed_on"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        published=row["published"],
        invented=row["invented"],
        legal_bases=tuple(row["legal_bases"]),
        created_at=row["created_at"],
        parties=tuple(parties),
    )


async def known_organisations(connection: AsyncConnection, parties: Sequence[Party], on: date) -> list[Known]:
    """The organisations that the parties name, those of named counties included, as of a day."""
    values = {
        "on": on,
        "numbers": [party.number for party in parties if party.number],
        "municipalities": [party.municipality_code for party in parties if party.municipality_code],
        "counties": [party.county_code for party in parties if party.county_code],
    }
    return [Known(**row) for row in (await connection.execute(_KNOWN, values)).mappings()]


async def add(
    connection: AsyncConnection,
    org: str,
    agreement_id: uuid.UUID,
    proposal: Proposal,
    parties: Sequence[Resolved],
    now: datetime,
) -> None:
    """A new agreement, owned by the organisation."""
    numbers = sorted({number for each in parties for number in each.numbers})
    await connection.execute(
        _ADD,
        {
            "org": org,
            "id": agreement_id,
            "kind": proposal.kind,
            "title": proposal.title,
            "status": proposal.status,
            "signed_on": proposal.signed_on,
            "valid_from": proposal.valid_from,
            "valid_to": proposal.valid_to,
            "party_orgs": [ICD + number for number in numbers],
            "legal_bases": list(proposal.legal_bases),
            "published": proposal.published,
            "now": now,
        },
    )
    await connection.execute(_ADD_PARTIES, {"org": org, "id": agreement_id, "parties": _placed(parties)})


def _placed(parties: Sequence[Resolved]) -> str:
    rows = [
        {
            "place": place,
            "role": each.party.role,
            "number": each.party.number,
            "municipality_code": each.party.municipality_code,
            "county_code": each.party.county_code,
        }
        for place, each in enumerate(parties)
    ]
    return json.dumps(rows)
