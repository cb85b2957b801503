"""Ask: the whole look-up, in two transactions with the outside world between them.

*Asked* is committed before the question leaves and *disclosed* before the answer does, so that whatever
breaks in between, the trail shows that the question was put. No transaction waits on the network.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.brake.count import brake_refusal, count_person
from services.consultation.brake.domain import Limits
from services.consultation.clocks.zone import SWEDEN
from services.consultation.grounds.domain import Decision, Grounds
from services.consultation.lookups import repository
from services.consultation.lookups.domain import (
    Lookup,
    LookupQuestion,
    disclosed_fields,
    disclosure_marks,
    information_set,
)
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.sources.collect import Sources, collect
from services.consultation.lookups.sources.domain import Inquiry
from services.consultation.persons.vault import mark_person
from services.consultation.problems import TENANT_NOT_CONFIGURED
from services.consultation.protection.follow_sources import follow_sources
from services.consultation.protection.repository import Marking
from services.consultation.scopes import PROTECTED_READ
from services.consultation.tenants.domain import Statement
from services.consultation.tenants.repository import statement_in_force
from shared.audit import AuditEntry, record
from shared.clock import Clock
from shared.database.engine import Database, Tenancy
from shared.problems import Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

Step = Callable[[AsyncConnection], Awaitable[None]]
"""Something that the edge wants done in one of the transactions."""


@dataclass(frozen=True, slots=True)
class AskDependencies:
    """What a look-up needs of the world."""

    database: Database
    vault: Vault
    grounds: Grounds
    sources: Sources
    clock: Clock
    budget_seconds: float
    limits: Limits


async def ask(
    needs: AskDependencies,
    caller: Caller,
    question: LookupQuestion,
    *,
    before: Step,
    after: Callable[[AsyncConnection, Lookup], Awaitable[None]],
    stated_law: str | None = None,
) -> Lookup:
    """Carry out a look-up and answer what may leave.

    `before` runs in the first transaction and `after` in the second. `stated_law` is what the asker itself states, if
    it does; the sources are told the tenant's own text all the same. Raises Problem when the brake holds, when there
    is no ground, when no decision can be had, or when the tenant has no text in force; then nothing has been asked.
    """
    asked_at = needs.clock()
    wanted = [information_set(source) for source in question.sources]
    statement = await _counted_statement(needs, caller, question, asked_at)
    own_law = None if statement is None else statement.legal_text
    decision = await needs.grounds.decide(
        caller.organisation, question.purpose, wanted, stated_law=stated_law or own_law
    )
    decision.require()
    if statement is None:
        raise Problem(TENANT_NOT_CONFIGURED)
    lookup_id = uuid.uuid4()
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        await before(connection)
        await repository.add_asked(connection, needs.vault, caller, lookup_id, question, statement, decision, asked_at)
        await record(connection, _asked_entry(needs.vault, caller, lookup_id, question, decision, asked_at))
    inquiry = _inquiry(lookup_id, caller, question, statement, asked_at)
    answers = await collect(needs.sources, inquiry, budget_seconds=needs.budget_seconds)
    whole = Lookup(
        id=lookup_id,
        question=question,
        asked_at=asked_at,
        answered_at=needs.clock(),
        legal_text=statement.legal_text,
        decision=decision,
        answers=tuple(answers),
    )
    person_mark = mark_person(needs.vault, question.person)
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        protected = await follow_sources(
            connection,
            Marking(caller, person_mark, whole.answered_at, lookup_id),
            marked_by=whole.marked_by,
            cleared_by=whole.cleared_by,
        )
        leaving = whole.limited().gated(protected=protected, may_read=PROTECTED_READ.name in caller.scopes)
        await repository.set_answered(connection, caller.organisation, leaving)
        await record(connection, _disclosed_entry(needs.vault, caller, leaving))
        await after(connection, leaving)
    return leaving


async def _counted_statement(
    needs: AskDependencies, caller: Caller, question: LookupQuestion, asked_at: datetime
) -> Statement | None:
    """What the organisation states today, when the person was not one too many."""
    day, mark = asked_at.astimezone(SWEDEN).date(), mark_person(needs.vault, question.person)
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        braked = await count_person(connection, caller, question.case_reference, mark, needs.limits, asked_at)
        statement = await statement_in_force(connection, caller.organisation, question.purpose, day)
    if braked is not None:
        raise await brake_refusal(
            needs.database,
            caller,
            braked,
            needs.limits,
            object_type="lookup",
            purpose=question.purpose,
            case_reference=question.case_reference,
            person_mark=mark,
            now=asked_at,
        )
    return statement


def _inquiry(
    lookup_id: uuid.UUID, caller: Caller, question: LookupQuestion, statement: Statement, asked_at: datetime
) -> Inquiry:
    return Inquiry(
        person=question.person,
        case_reference=question.case_reference,
        handler=caller.actor or "",
        asker=statement.asker,
        purpose_text=statement.purpose_text,
        legal_text=statement.legal_text,
        period=question.period,
        sources=question.periods,
        correlation_id=str(lookup_id),
        asked_at=asked_at,
        benefit_groups=PURPOSES[question.purpose].benefit_groups,
    )


def _asked_entry(
    vault: Vault, caller: Caller, lookup_id: uuid.UUID, question: LookupQuestion, decision: Decision, at: datetime
) -> AuditEntry:
    return AuditEntry(
        event="lookup.asked",
        at=at,
        caller=caller,
        object_type="lookup",
        object_id=lookup_id,
        subject=mark_person(vault, question.person),
        detail={
            "purpose": question.purpose,
            "caseReference": question.case_reference,
            "sources": [source.value for source in question.sources],
            "decision": {"id": str(decision.id), "version": decision.version, "grounds": decision.grounds},
        },
    )


def _disclosed_entry(vault: Vault, caller: Caller, lookup: Lookup) -> AuditEntry:
    return AuditEntry(
        event="lookup.withheld" if lookup.withheld else "lookup.disclosed",
        at=lookup.answered_at,
        caller=caller,
        object_type="lookup",
        object_id=lookup.id,
        subject=mark_person(vault, lookup.question.person),
        outcome="refused" if lookup.withheld else "permitted",
        detail={
            "purpose": lookup.question.purpose,
            "caseReference": lookup.question.case_reference,
            "decision": {"id": str(lookup.decision.id), "version": lookup.decision.version},
            "states": {outcome["source"]: outcome["state"] for outcome in lookup.outcomes()},
            "fields": disclosed_fields(lookup.answers),
            **disclosure_marks(protected=lookup.protected_identity, withheld=lookup.withheld),
        },
    )
