"""Tenant profiles in the database."""

import json
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.tenants.domain import Asker, Board, Processor, Statement

IN_FORCE = """
    SELECT p.organisation_number, p.name, p.actor_id, p.processors, p.boards, p.certificate,
        t.purpose_text, t.legal_text
    FROM tenant_profile p JOIN tenant_purpose t ON t.org = p.org
    WHERE p.org = :org AND t.purpose = :purpose AND t.valid @> CAST(:day AS date)
"""
"""What `read_statement` reads, for who asks for it together with something else."""

_IN_FORCE = text(IN_FORCE)
_PROFILE = text(
    """
    INSERT INTO tenant_profile
        (org, organisation_number, name, actor_id, processors, boards, certificate, postal_address)
    VALUES (:org, :organisation_number, :name, :actor_id, CAST(:processors AS jsonb), CAST(:boards AS jsonb),
        :certificate, CAST(:postal_address AS jsonb))
    ON CONFLICT (org) DO UPDATE SET organisation_number = excluded.organisation_number,
        name = excluded.name, actor_id = excluded.actor_id, processors = excluded.processors,
        boards = excluded.boards, certificate = excluded.certificate, postal_address = excluded.postal_address
    """
)
_CERTIFICATE = text("SELECT certificate FROM tenant_profile WHERE org = :org")
_FORGET_PURPOSES = text("DELETE FROM tenant_purpose WHERE org = :org")
_PURPOSE = text(
    """
    INSERT INTO tenant_purpose (org, purpose, valid, purpose_text, legal_text)
    VALUES (:org, :purpose, daterange(CAST(:first AS date), CAST(:last AS date), '[]'), :purpose_text, :legal_text)
    """
)


async def statement_in_force(
    connection: AsyncConnection, organisation: str, purpose: str, day: date
) -> Statement | None:
    """What the organisation states on that day; None when nothing is configured for it."""
    values = {"org": organisation, "purpose": purpose, "day": day}
    row = (await connection.execute(_IN_FORCE, values)).one_or_none()
    return None if row is None else read_statement(row)


def read_statement(row: Any) -> Statement:
    """The statement of a row of `IN_FORCE`. JSON may be text, as the driver gives it."""
    processors = tuple(Processor(each["organisationNumber"], each["name"]) for each in _json(row.processors))
    asker = Asker(row.organisation_number, row.name, row.actor_id, processors, row.certificate)
    boards = {code: Board(each["name"], each["actorId"]) for code, each in _json(row.boards).items()}
    return Statement(asker, row.purpose_text, row.legal_text, boards)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


async def certificate_of(connection: AsyncConnection, organisation: str) -> str | None:
    """The reference of the organisation's own client certificate; None when it has none, or no profile."""
    reference: str | None = (await connection.execute(_CERTIFICATE, {"org": organisation})).scalar_one_or_none()
    return reference


async def replace_profile(connection: AsyncConnection, organisation: str, profile: dict[str, Any]) -> None:
    """Write one organisation's profile and texts, in a transaction with that organisation set."""
    values = {
        "org": organisation,
        "organisation_number": profile["organisationNumber"],
        "name": profile["name"],
        "actor_id": profile["actorId"],
        "processors": json.dumps(profile.get("processors", [])),
        "boards": json.dumps(profile.get("boards", {})),
        "certificate": profile.get("certificate"),
        "postal_address": json.dumps(address) if (address := profile.get("postalAddress")) else None,
    }
    await connection.execute(_PROFILE, values)
    await connection.execute(_FORGET_PURPOSES, {"org": organisation})
    for each in profile["purposes"]:
        await connection.execute(_PURPOSE, _purpose_values(organisation, each))


def _purpose_values(organisation: str, purpose: dict[str, Any]) -> dict[str, Any]:
    last = purpose.get("to")
    return {
        "org": organisation,
        "purpose": purpose["purpose"],
        "first": date.fromisoformat(purpose["from"]),
        "last": date.fromisoformat(last) if last else None,
        "purpose_text": purpose["purposeText"],
        "legal_text": purpose["legalText"],
    }
