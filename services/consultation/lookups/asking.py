"""What asking and asking again have in common: their needs of the world, and what must hold before anything leaves."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.brake.count import COUNTED, brake_refusal, counted_values
from services.consultation.brake.domain import Braked, Limits
from services.consultation.clocks.zone import SWEDEN
from services.consultation.grounds.domain import Decision, Grounds
from services.consultation.lookups.domain import LookupQuestion, information_set
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.sources.collect import Sources
from services.consultation.lookups.sources.domain import Inquiry, Period, SourceCode
from services.consultation.persons.vault import mark_person
from services.consultation.problems import TENANT_NOT_CONFIGURED
from services.consultation.tenants.domain import Statement
from services.consultation.tenants.repository import IN_FORCE, read_statement
from shared.clock import Clock
from shared.database.engine import Database
from shared.problems import Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

# One round trip, committed whatever becomes of the question. Counting sets the organisation, and the inner select leans
# on what it gave; if that ever were read first, row-level security would show nothing.
_COUNTED_STATEMENT = text(
    f"""
    WITH counted AS MATERIALIZED (SELECT CAST({COUNTED} AS text) AS braked)
    SELECT counted.braked, stated.* FROM counted
    LEFT JOIN LATERAL ({IN_FORCE} AND counted.braked IS NULL OFFSET 0) AS stated ON true
    """
)

Step = Callable[[AsyncConnection], Awaitable[None]]
"""Something that the edge wants done in one of the transactions."""


@dataclass(frozen=True, slots=True)
class AskDependencies:
    """What a look-up needs of the world. `answers_kept` is for how long failed parts can be asked again."""

    database: Database
    vault: Vault
    grounds: Grounds
    sources: Sources
    clock: Clock
    budget_seconds: float
    limits: Limits
    answers_kept: timedelta = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Permission:
    """That a question may leave: the asker's own statement, and the register's decision."""

    statement: Statement
    decision: Decision


async def permit(
    needs: AskDependencies, caller: Caller, question: LookupQuestion, now: datetime, *, stated_law: str | None = None
) -> Permission:
    """Count the person, and decide on the sources of the question.

    Raises Problem when the brake holds, when there is no ground, when no decision can be had, or when the tenant has
    no text in force or no such board.
    """
    statement = await _counted_statement(needs, caller, question, now)
    permission = await decide(needs, caller, question.purpose, question.sources, statement, stated_law=stated_law)
    return replace(permission, statement=permission.statement.of_board(question.board))


async def decide(
    needs: AskDependencies,
    caller: Caller,
    purpose: str,
    sources: Sequence[SourceCode],
    statement: Statement | None,
    *,
    stated_law: str | None = None,
) -> Permission:
    """The decision on the sources, for one who has stated what `statement` says. Raises Problem as `permit` does."""
    wanted = [information_set(source) for source in sources]
    own_law = None if statement is None else statement.legal_text
    decision = await needs.grounds.decide(caller.organisation, purpose, wanted, stated_law=stated_law or own_law)
    decision.require()
    if statement is None:
        raise Problem(TENANT_NOT_CONFIGURED)
    return Permission(statement, decision)


async def _counted_statement(
    needs: AskDependencies, caller: Caller, question: LookupQuestion, now: datetime
) -> Statement | None:
    """What the organisation states today, when the person was not one too many."""
    day, mark = now.astimezone(SWEDEN).date(), mark_person(needs.vault, question.person)
    values = counted_values(caller, question.case_reference, mark, needs.limits, now)
    (row,) = await needs.database.single.rows(_COUNTED_STATEMENT, {**values, "purpose": question.purpose, "day": day})
    braked = None if row.braked is None else Braked.read(row.braked)
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
            now=now,
        )
    return None if row.legal_text is None else read_statement(row)


def inquiry_of(
    caller: Caller,
    question: LookupQuestion,
    periods: Mapping[SourceCode, Period],
    statement: Statement,
    correlation_id: uuid.UUID,
    asked_at: datetime,
) -> Inquiry:
    """The question as it leaves, to the sources that `periods` names."""
    return Inquiry(
        person=question.person,
        case_reference=question.case_reference,
        handler=caller.actor or "",
        asker=statement.asker,
        purpose_text=statement.purpose_text,
        legal_text=statement.legal_text,
        period=question.period,
        sources=periods,
        correlation_id=str(correlation_id),
        asked_at=asked_at,
        benefit_groups=PURPOSES[question.purpose].benefit_groups,
    )
