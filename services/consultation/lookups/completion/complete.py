"""Complete: ask again what failed in a look-up, and tell the whole: what was read before with its age, and the new.

To ask again is a disclosure of its own: grounds, text in force and brake hold for it as they do today, and the trail
has it with the number of the attempt. What was read before is told again, so today's grounds and today's marks of
protected identity hold for that too.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.lookups import repository as lookups
from services.consultation.lookups.asking import AskDependencies, Permission, Step, inquiry_of, permit
from services.consultation.lookups.attempts import LookupAttempt, outcome_of
from services.consultation.lookups.completion import repository as attempts
from services.consultation.lookups.completion.domain import failed, limited_again, merged
from services.consultation.lookups.domain import Lookup, LookupQuestion, information_set
from services.consultation.lookups.fields import limited
from services.consultation.lookups.kept import repository as kept
from services.consultation.lookups.kept.codec import KeptAnswers
from services.consultation.lookups.sources.collect import collect
from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode
from services.consultation.lookups.trail import asked_entry, disclosed_entry
from services.consultation.persons.vault import mark_person, open_person
from services.consultation.problems import (
    COMPLETION_IN_PROGRESS,
    LOOKUP_COMPLETE,
    LOOKUP_CONTENT_EXPIRED,
    SOURCE_NOT_FAILED,
)
from services.consultation.protection.follow_sources import follow_sources
from services.consultation.protection.repository import Marking
from services.consultation.scopes import PROTECTED_READ
from shared.audit import record
from shared.database.engine import Tenancy
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller


@dataclass(frozen=True, slots=True)
class _Incomplete:
    """A look-up that can be completed: its question, what was read, and the attempts so far."""

    id: uuid.UUID
    asked_at: datetime
    question: LookupQuestion
    answers: tuple[SourceAnswer, ...]
    attempts: tuple[LookupAttempt, ...]


async def complete(
    needs: AskDependencies,
    caller: Caller,
    lookup_id: uuid.UUID,
    *,
    sources: Sequence[SourceCode] | None,
    before: Step,
    after: Callable[[AsyncConnection, Lookup], Awaitable[None]],
) -> Lookup:
    """Ask again the sources that failed, or those of them that `sources` names, and answer what may leave.

    `before` runs in the transaction that takes the attempt and `after` in the one that ends it. Raises Problem when
    there is no such look-up, nothing to complete, nothing kept any more, or another attempt under way, and when
    `permit` does; then nothing has been asked.
    """
    asked_at = needs.clock()
    found = await _incomplete(needs, caller, lookup_id, asked_at)
    asked = _chosen(failed(found.answers), sources)
    permission = await permit(needs, caller, found.question, asked_at)
    beginning = attempts.Beginning(
        lookup_id, found.attempts[-1], asked_at, asked, permission.statement, permission.decision
    )
    number = beginning.number
    await _begin(needs, caller, found, beginning, before)
    periods = {source: found.question.periods[source] for source in asked}
    # An id of its own, so that nobody between takes it for the first question once more.
    inquiry = inquiry_of(
        caller, found.question, periods, permission.statement, uuid.uuid5(lookup_id, str(number)), asked_at
    )
    collected = await collect(needs.sources, inquiry, budget_seconds=needs.budget_seconds)
    read = tuple(each for each in collected if each.source in periods)
    return await _end(needs, caller, found, permission, number, asked_at, read, after)


async def _incomplete(needs: AskDependencies, caller: Caller, lookup_id: uuid.UUID, now: datetime) -> _Incomplete:
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        row = await lookups.find(connection, caller.organisation, lookup_id)
        if row is None:
            raise Problem(NOT_FOUND)
        answers = await kept.find(connection, needs.vault, caller.organisation, lookup_id, now)
        history = await attempts.history(connection, caller.organisation, row)
    answers = _completable(row, answers, now)
    return _Incomplete(lookup_id, row.asked_at, _question(needs, row, answers), answers.answers, history)


def _completable(row: Row[Any], answers: KeptAnswers | None, now: datetime) -> KeptAnswers:
    """What was read before. Raises Problem when there is nothing to complete, or nothing to complete it with."""
    about = {"subject": row.person_mark}
    if row.complete:
        raise Problem(LOOKUP_COMPLETE, for_audit=about)
    if row.answered_at is None and row.asked_at > now - attempts.ABANDONED:
        raise Problem(COMPLETION_IN_PROGRESS, headers={"Retry-After": "5"}, for_audit=about)
    if answers is None:
        # Also of one that never ended: nobody knows what was read, so nothing of it can be told.
        raise Problem(LOOKUP_CONTENT_EXPIRED, for_audit=about)
    return answers


def _question(needs: AskDependencies, row: Row[Any], answers: KeptAnswers) -> LookupQuestion:
    return LookupQuestion(
        person=open_person(needs.vault, row.person_sealed),
        case_reference=row.case_reference,
        purpose=row.purpose,
        period=Period(row.first, row.last),
        periods=answers.periods,
        comparison=answers.comparison,
        board=answers.board,
    )


def _chosen(failed_sources: Sequence[SourceCode], wanted: Sequence[SourceCode] | None) -> Sequence[SourceCode]:
    if wanted is None:
        return failed_sources
    if not wanted or set(wanted) - set(failed_sources):
        raise Problem(SOURCE_NOT_FAILED, members={"failedSources": [source.value for source in failed_sources]})
    return [source for source in failed_sources if source in wanted]


async def _begin(
    needs: AskDependencies, caller: Caller, found: _Incomplete, beginning: attempts.Beginning, before: Step
) -> None:
    entry = asked_entry(
        needs.vault,
        caller,
        found.id,
        found.question,
        beginning.decision,
        beginning.asked_at,
        sources=beginning.sources,
        attempt=beginning.number,
    )
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        await before(connection)
        if not await attempts.begin(connection, caller, beginning):
            raise Problem(COMPLETION_IN_PROGRESS, headers={"Retry-After": "5"})
        await record(connection, entry)


async def _end(
    needs: AskDependencies,
    caller: Caller,
    found: _Incomplete,
    permission: Permission,
    number: int,
    asked_at: datetime,
    read: tuple[SourceAnswer, ...],
    after: Callable[[AsyncConnection, Lookup], Awaitable[None]],
) -> Lookup:
    fresh = Lookup(
        id=found.id,
        question=found.question,
        asked_at=found.asked_at,
        answered_at=needs.clock(),
        legal_text=permission.statement.legal_text,
        decision=permission.decision,
        answers=read,
    )
    whole, new = _whole(found, fresh, LookupAttempt(number, asked_at, fresh.answered_at, caller.actor or ""))
    organisation = caller.organisation
    async with needs.database.begin(Tenancy(organisation)) as connection:
        # Only by what has been read now: a mark that has ended since does not begin again by an old answer.
        protected = await follow_sources(
            connection,
            Marking(caller, mark_person(needs.vault, found.question.person), fresh.answered_at, found.id),
            marked_by=fresh.marked_by,
            cleared_by=fresh.cleared_by,
        )
        ended = whole.attempts[-1]
        if not await attempts.end(connection, organisation, found.id, number, fresh.answered_at, ended.outcomes):
            raise Problem(COMPLETION_IN_PROGRESS, headers={"Retry-After": "5"})
        leaving = whole.gated(protected=protected, may_read=PROTECTED_READ.name in caller.scopes)
        entry = disclosed_entry(needs.vault, caller, leaving, attempt=number, new=new)
        await lookups.set_answered(connection, leaving, entry)
        if whole.complete:
            await kept.remove(connection, organisation, found.id)
        else:
            answers = KeptAnswers(
                found.question.periods, whole.answers, found.question.comparison, found.question.board
            )
            await kept.replace_kept(connection, needs.vault, organisation, found.id, answers)
        await after(connection, leaving)
    return leaving


def _whole(found: _Incomplete, fresh: Lookup, ended: LookupAttempt) -> tuple[Lookup, list[SourceCode]]:
    """The look-up with every source by the best that is known of it, and the sources that are told anew."""
    opens = {each.source: fresh.decision.opens(information_set(each.source)) for each in found.answers}
    read = {each.source: limited(each, opens[each.source]) for each in fresh.answers}
    answers = merged([limited_again(each, opens[each.source]) for each in found.answers], read)
    ended = replace(ended, outcomes=tuple(outcome_of(each) for each in read.values()))
    new = [each.source for each in answers if each is read.get(each.source)]
    return replace(fresh, answers=answers, attempts=(*found.attempts, ended)), new
