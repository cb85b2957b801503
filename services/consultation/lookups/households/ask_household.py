"""Ask a household: a look-up for each person, a few at a time, and what came of each, whatever became of the others."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.ask import ask
from services.consultation.lookups.asking import AskDependencies, Step, decide
from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.households import repository
from services.consultation.lookups.households.domain import Household, Member, MemberResult
from services.consultation.lookups.households.trail import refused_entry
from services.consultation.lookups.households.turns import take_turns
from services.consultation.persons.vault import mark_person
from services.consultation.tenants.repository import statement_in_force
from shared.audit import record
from shared.database.engine import Tenancy
from shared.tokens.caller import Caller


@dataclass(frozen=True, slots=True)
class HouseholdDependencies:
    """What a household needs beside what its look-ups do: how many persons may be asked about at once."""

    asking: AskDependencies
    at_once: int


Results = Callable[[AsyncConnection, Sequence[MemberResult]], Awaitable[None]]
"""Something that the edge wants done in the last transaction, with what became of each member."""


async def ask_household(
    needs: HouseholdDependencies, caller: Caller, household: Household, *, before: Step, after: Results
) -> None:
    """Ask about every member within the time of one look-up. `before` runs in the first transaction.

    Raises Problem when the household as a whole has no ground or no text in force, or when no decision can be had;
    then nobody has been asked about. What else refuses one person is that person's result alone.
    """
    asking = needs.asking
    await _require_grounds(asking, caller, household)
    async with asking.database.begin(Tenancy(caller.organisation)) as connection:
        await repository.add(connection, caller, household)
        await before(connection)

    async def asked(member: Member, seconds: float) -> MemberResult:
        within = replace(asking, budget_seconds=min(asking.budget_seconds, seconds))
        return MemberResult(member.position, lookup=await _ask_member(within, caller, household.id, member))

    turns = [(each.position, lambda left, member=each: asked(member, left)) for each in household.members]
    results = await take_turns(turns, at_once=needs.at_once, seconds=asking.budget_seconds)
    refused = [each for each in results if each.problem is not None]
    async with asking.database.begin(Tenancy(caller.organisation)) as connection:
        if refused:
            await repository.set_refusals(connection, caller.organisation, household.id, refused)
        for each in refused:
            mark = mark_person(asking.vault, household.members[each.position].question.person)
            await record(connection, refused_entry(caller, household.id, each, mark, asking.clock()))
        await after(connection, results)


async def _require_grounds(asking: AskDependencies, caller: Caller, household: Household) -> None:
    """One decision for each set of sources; the look-ups find it kept."""
    day = household.asked_at.astimezone(SWEDEN).date()
    async with asking.database.begin(Tenancy(caller.organisation)) as connection:
        statement = await statement_in_force(connection, caller.organisation, household.purpose, day)
    if statement is not None:
        statement.of_board(household.members[0].question.board)
    for sources in dict.fromkeys(each.question.sources for each in household.members):
        await decide(asking, caller, household.purpose, sources, statement)


async def _ask_member(asking: AskDependencies, caller: Caller, household_id: uuid.UUID, member: Member) -> Lookup:
    lookup_id = uuid.uuid4()

    async def before(connection: AsyncConnection) -> None:
        await repository.set_lookup(connection, caller.organisation, household_id, member.position, lookup_id)

    async def after(_: AsyncConnection, __: Lookup) -> None:
        """The answer leaves with the household's."""

    return await ask(asking, caller, member.question, before=before, after=after, lookup_id=lookup_id)
