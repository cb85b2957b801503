"""Complete a household: person by person, exactly what failed."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.lookups.asking import Step
from services.consultation.lookups.completion.complete import complete
from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.households import repository
from services.consultation.lookups.households.ask_household import HouseholdDependencies, Results
from services.consultation.lookups.households.domain import MemberResult
from services.consultation.lookups.households.trail import refused_entry
from services.consultation.lookups.households.turns import take_turns
from services.consultation.problems import LOOKUP_COMPLETE
from shared.audit import record
from shared.database.engine import Tenancy
from shared.problems import NOT_FOUND, Problem, ProblemKind
from shared.tokens.caller import Caller


async def complete_household(
    needs: HouseholdDependencies, caller: Caller, household_id: uuid.UUID, *, before: Step, after: Results
) -> None:
    """Ask again what failed of each member, within the time of one look-up.

    Raises Problem when there is no such household, and when nothing failed. What refuses one person is that person's
    result alone; a person who was never asked about stays so, with the reason.
    """
    asking = needs.asking
    async with asking.database.begin(Tenancy(caller.organisation)) as connection:
        if await repository.find(connection, caller.organisation, household_id) is None:
            raise Problem(NOT_FOUND)
        members = await repository.members(connection, caller.organisation, household_id)
        incomplete = [each for each in members if each.lookup_id is not None and not each.complete]
        if not incomplete:
            raise Problem(LOOKUP_COMPLETE)
        await before(connection)

    async def completed(member: Row[Any], seconds: float) -> MemberResult:
        within = replace(asking, budget_seconds=min(asking.budget_seconds, seconds))
        lookup = await complete(within, caller, member.lookup_id, sources=None, before=_nothing, after=_nothing_of)
        return MemberResult(member.position, lookup=lookup)

    turns = [(each.position, lambda left, member=each: completed(member, left)) for each in incomplete]
    taken = await take_turns(turns, at_once=needs.at_once, seconds=asking.budget_seconds)
    async with asking.database.begin(Tenancy(caller.organisation)) as connection:
        for each in taken:
            if each.problem is not None:
                mark = members[each.position].person_mark
                await record(connection, refused_entry(caller, household_id, each, mark, asking.clock()))
        await after(connection, _of_all(members, taken))


def _of_all(members: Sequence[Row[Any]], taken: Sequence[MemberResult]) -> list[MemberResult]:
    by_position = {each.position: each for each in taken}
    return [by_position.get(each.position) or _untouched(each) for each in members]


def _untouched(member: Row[Any]) -> MemberResult:
    """One who was complete already, or was never asked about: then with the refusal."""
    kind = ProblemKind.catalogue.get(member.refusal or "")
    return MemberResult(member.position, problem=None if kind is None else Problem(kind))


async def _nothing(_: AsyncConnection) -> None:
    """The answer leaves with the household's."""


async def _nothing_of(_: AsyncConnection, __: Lookup) -> None:
    """The same."""
