"""A household's answer told again to a request that is sent again: each look-up of it by today's rules."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError
from starlette.responses import Response

from services.consultation.context import Context
from services.consultation.lookups.households import repository
from services.consultation.lookups.households.wire import HouseholdAnswer
from services.consultation.lookups.replay import decide_again, tell_again
from services.consultation.lookups.wire import LookupAnswer
from shared.database.engine import Tenancy
from shared.idempotency import Attempt, give_up_kept
from shared.tokens.caller import Caller


async def replayed_household(context: Context, caller: Caller, attempt: Attempt, now: datetime) -> Response | None:
    """The answer of an earlier twin, or None when the request is to be carried out. Raises Problem without a ground."""
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        kept = await context.ledger.waiting(connection, caller, attempt, now)
        if kept is None:
            return None
        answer = _as_told_today(kept)
        if answer is None:
            await give_up_kept(connection, caller, attempt, now)
            return None
    lookups = {each.index: each.lookup for each in answer.lookups if each.lookup is not None}
    if not lookups:
        return kept
    again = await _told_again(context, caller, answer, lookups, now)
    if again is None:
        async with context.database.begin(Tenancy(caller.organisation)) as connection:
            await give_up_kept(connection, caller, attempt, now)
        return None
    if again == lookups:
        return kept
    return context.json(_with(answer, again), kept.status_code, {"Idempotent-Replayed": "true"})


async def _told_again(
    context: Context, caller: Caller, answer: HouseholdAnswer, lookups: Mapping[int, LookupAnswer], now: datetime
) -> dict[int, LookupAnswer] | None:
    """Every look-up as it may leave now; None when one of them may not, and then nothing has been recorded."""
    decision = await decide_again(context, caller, list(lookups.values()))
    again: dict[int, LookupAnswer] = {}
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        members = await repository.members(connection, caller.organisation, answer.household_lookup_id)
        marks = {each.position: each.person_mark for each in members}
        for index, lookup in lookups.items():
            told = await tell_again(connection, caller, lookup, marks[index], decision, now)
            if told is None:
                await connection.rollback()
                return None
            again[index] = told
    return again


def _with(answer: HouseholdAnswer, lookups: Mapping[int, LookupAnswer]) -> HouseholdAnswer:
    members = [each.model_copy(update={"lookup": lookups.get(each.index)}) for each in answer.lookups]
    marks = {
        index: {"protected_identity": each.protected_identity, "withheld": each.withheld}
        for index, each in lookups.items()
    }
    matrix = [each.model_copy(update=marks.get(each.person, {})) for each in answer.matrix]
    return answer.model_copy(update={"lookups": members, "matrix": matrix})


def _as_told_today(kept: Response) -> HouseholdAnswer | None:
    """None for an answer that a version before this one has kept."""
    try:
        return HouseholdAnswer.model_validate_json(bytes(kept.body))
    except ValidationError:
        return None
