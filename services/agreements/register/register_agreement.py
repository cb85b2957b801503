"""Register an agreement, as one of its parties."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.grounds.legal_bases_repository import legal_bases
from services.agreements.problems import LEGAL_BASIS_UNKNOWN, NOT_A_PARTY, PARTY_UNKNOWN
from services.agreements.register import repository
from services.agreements.register.domain import Agreement, Proposal, Resolved, resolved
from services.agreements.wire import ICD
from shared.audit import AuditEntry, record
from shared.problems import Problem
from shared.tokens.caller import Caller


async def register_agreement(
    connection: AsyncConnection, caller: Caller, proposal: Proposal, now: datetime
) -> Agreement:
    """The agreement as registered, with its audit entry in the same transaction.

    Raises Problem: 403 unless the caller's organisation is a party, 409 for an unknown party or legal basis.
    """
    known = await repository.known_organisations(connection, proposal.parties, proposal.valid_from)
    parties = [resolved(party, known) for party in proposal.parties]
    _check_parties(parties, caller)
    if not set(proposal.legal_bases) <= set(await legal_bases(connection)):
        raise Problem(LEGAL_BASIS_UNKNOWN)
    agreement_id = uuid.uuid4()
    await repository.add(connection, caller.organisation, agreement_id, proposal, parties, now)
    await record(connection, _entry(caller, agreement_id, proposal, now))
    agreement = await repository.find(connection, caller.organisation, agreement_id)
    if agreement is None:
        raise LookupError("a registered agreement cannot be read back")
    return agreement


def _check_parties(parties: list[Resolved], caller: Caller) -> None:
    unknown = [place for place, each in enumerate(parties) if not each.numbers]
    if unknown:
        raise Problem(PARTY_UNKNOWN, members={"places": unknown})
    if not any(ICD + number == caller.organisation for each in parties for number in each.numbers):
        raise Problem(NOT_A_PARTY)


def _entry(caller: Caller, agreement_id: uuid.UUID, proposal: Proposal, now: datetime) -> AuditEntry:
    return AuditEntry(
        event="agreement.registered",
        at=now,
        caller=caller,
        object_type="agreement",
        object_id=agreement_id,
        detail={
            "kind": proposal.kind,
            "status": proposal.status,
            "published": proposal.published,
            "parties": len(proposal.parties),
        },
    )
