"""An answer told again to a request that is sent again: a disclosure of its own, by today's rules."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.consultation import scopes
from services.consultation.context import Context
from services.consultation.grounds.domain import Decision
from services.consultation.lookups.domain import disclosure_marks, information_set
from services.consultation.lookups.fields import told
from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.wire import LookupAnswer, SourceAnswerModel
from services.consultation.protection.repository import is_protected
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.idempotency import Attempt, give_up_kept
from shared.tokens.caller import Caller


async def replayed_lookup(
    context: Context, caller: Caller, attempt: Attempt, person_mark: bytes, now: datetime
) -> Response | None:
    """The answer of an earlier twin, or None when the request is to be carried out.

    Raises Problem when there is no ground any more: what could be told then is refused when it has ended since.
    """
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        kept = await context.ledger.waiting(connection, caller, attempt, now)
        if kept is None:
            return None
        answer = _as_told_today(kept)
        if answer is None:
            await give_up_kept(connection, caller, attempt, now)
            return None
    decision = await decide_again(context, caller, [answer])
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        again = await tell_again(connection, caller, answer, person_mark, decision, now)
        if again is None:
            await give_up_kept(connection, caller, attempt, now)
            return None
    return kept if again is answer else context.json(again, kept.status_code, {"Idempotent-Replayed": "true"})


async def decide_again(context: Context, caller: Caller, answers: Sequence[LookupAnswer]) -> Decision:
    """Today's decision on every source that the answers were asked of, for one purpose. Raises Problem."""
    asked = {each.source for answer in answers for each in answer.sources if each.state is not SourceState.NOT_ASKED}
    wanted = [information_set(each.source) for each in answers[0].sources if each.source in asked]
    decision = await context.grounds.decide(caller.organisation, answers[0].purpose, wanted)
    decision.require()
    return decision


async def tell_again(
    connection: AsyncConnection,
    caller: Caller,
    answer: LookupAnswer,
    person_mark: bytes,
    decision: Decision,
    now: datetime,
) -> LookupAnswer | None:
    """The answer as it may leave now, recorded; None when the grounds open less than they did, and nothing is told.

    A person may have been marked with protected identity since: then it is told again without content.
    """
    if any(set(_told(each)) - decision.opens(information_set(each.source)) for each in answer.sources):
        return None
    if answer.protected_identity or await is_protected(connection, person_mark):
        answer = _withheld_unless_allowed(answer, caller)
    await record(connection, _entry(caller, answer, person_mark, decision, now))
    return answer


def _entry(caller: Caller, answer: LookupAnswer, person_mark: bytes, decision: Decision, now: datetime) -> AuditEntry:
    return AuditEntry(
        event="lookup.withheld" if answer.withheld else "lookup.disclosed",
        at=now,
        caller=caller,
        object_type="lookup",
        object_id=answer.lookup_id,
        subject=person_mark,
        outcome="refused" if answer.withheld else "permitted",
        detail={
            "purpose": answer.purpose,
            "caseReference": answer.case_reference,
            "decision": {"id": str(decision.id), "version": decision.version, "grounds": decision.grounds},
            "repeated": True,
            "fields": {each.source: names for each in answer.sources if (names := _told(each))},
            **disclosure_marks(protected=answer.protected_identity, withheld=answer.withheld),
        },
    )


def _as_told_today(kept: Response) -> LookupAnswer | None:
    """None for an answer that a version before this one has kept: it was told by other rules than today's."""
    try:
        return LookupAnswer.model_validate_json(bytes(kept.body))
    except ValidationError:
        return None


def _told(answer: SourceAnswerModel) -> list[str]:
    return told(answer.source, answer.data, answer.left_out.fields if answer.left_out else ())


def _withheld_unless_allowed(answer: LookupAnswer, caller: Caller) -> LookupAnswer:
    if scopes.PROTECTED_READ.name in caller.scopes:
        return answer.model_copy(update={"protected_identity": True, "consultation_drafts": []})
    # The same as a look-up that is withheld at once: which fund has answered is content, so parts go too.
    nothing: dict[str, Any] = {"data": None, "items": [], "parts": [], "messages": [], "deviations": []}
    emptied = [each.model_copy(update=nothing) for each in answer.sources]
    made_of_them: dict[str, Any] = {"payments": [], "changes": None, "consultation_drafts": []}
    return answer.model_copy(update={"protected_identity": True, "withheld": True, "sources": emptied, **made_of_them})
