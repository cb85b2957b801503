"""Ask: the whole look-up, in two transactions with the outside world between them.

*Asked* is committed before the question leaves and *disclosed* before the answer does, so that whatever
breaks in between, the trail shows that the question was put. No transaction waits on the network.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.lookups import repository
from services.consultation.lookups.asking import AskDependencies, Step, inquiry_of, permit
from services.consultation.lookups.attempts import LookupAttempt
from services.consultation.lookups.domain import Lookup, LookupQuestion
from services.consultation.lookups.kept.codec import KeptAnswers
from services.consultation.lookups.kept.repository import Keeping, keeping
from services.consultation.lookups.sources.collect import collect
from services.consultation.lookups.trail import asked_entry, disclosed_entry
from services.consultation.persons.vault import mark_person
from services.consultation.protection.follow_sources import follow_sources
from services.consultation.protection.repository import Marking
from services.consultation.scopes import PROTECTED_READ
from shared.database.engine import Tenancy
from shared.tokens.caller import Caller

__all__ = ["AskDependencies", "Step", "ask"]


async def ask(
    needs: AskDependencies,
    caller: Caller,
    question: LookupQuestion,
    *,
    before: Step | None,
    after: Callable[[AsyncConnection, Lookup], Awaitable[None]],
    stated_law: str | None = None,
    lookup_id: uuid.UUID | None = None,
) -> Lookup:
    """Carry out a look-up and answer what may leave. `lookup_id` is for who has named it already.

    `before` runs in the first transaction, which without it is one statement, and `after` in the second. `stated_law`
    is what the asker itself states, if it does; the sources are told the tenant's own text all the same. Raises Problem
    when the brake holds, when there is no ground, when no decision can be had, or when the tenant has no text in force;
    then nothing has been asked.
    """
    asked_at = needs.clock()
    permission = await permit(needs, caller, question, asked_at, stated_law=stated_law)
    statement, decision = permission.statement, permission.decision
    lookup_id = lookup_id or uuid.uuid4()
    entry = asked_entry(
        needs.vault, caller, lookup_id, question, decision, asked_at, sources=question.sources, attempt=1
    )
    await _store(needs, repository.Asked(lookup_id, question, statement, decision, asked_at, entry), before)
    inquiry = inquiry_of(caller, question, question.periods, statement, lookup_id, asked_at)
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
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        protected = await follow_sources(
            connection,
            Marking(caller, mark_person(needs.vault, question.person), whole.answered_at, lookup_id),
            marked_by=whole.marked_by,
            cleared_by=whole.cleared_by,
        )
        limited = whole.limited()
        leaving = _first_attempt(limited, caller).gated(
            protected=protected, may_read=PROTECTED_READ.name in caller.scopes
        )
        entry = disclosed_entry(needs.vault, caller, leaving, attempt=1, new=question.sources)
        await repository.set_answered(connection, leaving, entry, _kept(needs, limited))
        await after(connection, leaving)
    return leaving


async def _store(needs: AskDependencies, asked: repository.Asked, before: Step | None) -> None:
    if before is None:
        await repository.add_asked_alone(needs.database.single, needs.vault, asked)
        return
    async with needs.database.begin(Tenancy(asked.entry.caller.organisation)) as connection:
        await repository.add_asked(connection, needs.vault, asked)
        await before(connection)


def _kept(needs: AskDependencies, lookup: Lookup) -> Keeping | None:
    """What there is to keep, so that what failed can be asked again: nothing when nothing did."""
    if lookup.complete:
        return None
    question = lookup.question
    answers = KeptAnswers(question.periods, lookup.answers, question.comparison, question.board)
    return keeping(needs.vault, lookup.id, answers, lookup.answered_at + needs.answers_kept)


def _first_attempt(lookup: Lookup, caller: Caller) -> Lookup:
    asked = {source.value for source in lookup.question.sources}
    outcomes = tuple(each for each in lookup.outcomes() if each["source"] in asked)
    return replace(
        lookup,
        attempts=(LookupAttempt(1, lookup.asked_at, lookup.answered_at, caller.actor or "", outcomes),),
    )
