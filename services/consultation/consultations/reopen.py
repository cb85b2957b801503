"""Reopen: the asking side needs another round, which is a consultation of its own that follows the one that ended.

The next round is about the same person, for the same purpose and in the same case, with a number, a due date and a
decision on its ground of its own. Both are written in one transaction: of two that reopen at once, one does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.consultation.brake.count import COUNTED, brake_refusal, counted_values
from services.consultation.brake.domain import Braked
from services.consultation.consultations import repository
from services.consultation.consultations.changes import Change, apply, permitted
from services.consultation.consultations.cooperation import Cooperation
from services.consultation.consultations.domain import Actor, Consultation, ConsultationType, Event, Restricted
from services.consultation.consultations.forms.keeping import open_form
from services.consultation.consultations.forms.models import Form, require_form
from services.consultation.consultations.open import (
    NUMBER_TRIES,
    OpenDependencies,
    Opened,
    Question,
    Subject,
    carried_out,
    information_set_of,
    new_receipt,
    opening_values,
)
from services.consultation.consultations.placement import Placement, place
from services.consultation.consultations.repository import Opening, Reader, find_own
from services.consultation.consultations.violence_matters import ViolenceMatter, require_words
from services.consultation.problems import ALREADY_REOPENED, PROTECTED_IDENTITY
from services.consultation.question_categories import QuestionCategory
from shared.database.constraints import broken_by
from shared.database.engine import Tenancy
from shared.idempotency import Attempt
from shared.problems import NOT_FOUND, Problem

_COUNT = text(f"SELECT CAST({COUNTED} AS text)")


@dataclass(frozen=True, slots=True)
class NextRound:
    """What is asked in it, on which day. Without a form of its own it has the one of the round before."""

    text: str | None
    form: Form | None
    today: date
    matter: ViolenceMatter | None = None


async def reopen_consultation(
    needs: OpenDependencies,
    change: Change,
    asked: NextRound,
    *,
    attempt: Attempt | None,
    told: Callable[[Opened], Response],
) -> Response:
    """The answer to the asker, rendered by `told`, or the kept one when the request has been carried out before.

    Raises Problem 404, 409 when there is no answer yet or it has been reopened already, 412, and what opening raises:
    no ground, the brake, protected identity.
    """
    try:
        previous = await _previous(needs, change)
        question = _question(needs, previous, asked)
        decision = await needs.grounds.decide(
            change.caller.organisation, question.purpose, [information_set_of(question)]
        )
        asker = decision.require()
    except Problem:
        if attempt is not None and (kept := await carried_out(needs, change.caller, attempt, change.at)):
            return kept
        raise
    subject = Subject(previous.person_mark, previous.person_sealed)
    placement = _placement_of(previous, place(decision, information_set_of(question)))
    for _ in range(NUMBER_TRIES):
        opened = await new_receipt(needs, question, placement, change.at)
        values = opening_values(needs, change.caller, question, opened, subject, decision, asker)
        values |= _following(previous, placement)
        try:
            return await _written(needs, change, values, opened, attempt, told)
        except IntegrityError as fault:
            if broken_by(fault) != "consultation_number":
                raise
    raise RuntimeError("no free number was found")


async def _written(
    needs: OpenDependencies,
    change: Change,
    values: dict[str, Any],
    opened: Opened,
    attempt: Attempt | None,
    told: Callable[[Opened], Response],
) -> Response:
    async with needs.database.begin(Tenancy(change.caller.organisation)) as connection:

        async def both() -> Response:
            # The one that ends is changed first: whoever comes at the same time waits here, and finds it changed.
            await apply(connection, change, find_own, _reopened_by(opened))
            outcome = await repository.open_next_round(connection, values)
            if outcome is not Opening.OPENED:
                # The brake has let the person through before, so only a mark can have come in between.
                raise Problem(PROTECTED_IDENTITY, for_audit={"subject": values["person_mark"]})
            return told(opened)

        return await needs.ledger.once(connection, change.caller, attempt, change.at, both)


async def _previous(needs: OpenDependencies, change: Change) -> Row[Any]:
    """The round before, when it can be followed by another. The person counts for the brake, whatever comes of it."""
    async with needs.database.begin(Tenancy(change.caller.organisation)) as connection:
        row = await find_own(connection, Reader.of(change.caller), change.consultation_id)
        if row is None:
            raise Problem(NOT_FOUND)
        if (following := await repository.next_round(connection, row.org, row.id)) is not None:
            raise Problem(ALREADY_REOPENED, members={"nextConsultationId": str(following)})
        permitted(change, row, Consultation.reopen)
        braked = await _braked(connection, needs, change, row)
    if braked is not None:
        raise await brake_refusal(
            needs.database,
            change.caller,
            braked,
            needs.limits,
            object_type="consultation",
            purpose=row.purpose,
            case_reference=row.case_reference,
            person_mark=row.person_mark,
            now=change.at,
        )
    return row


async def _braked(connection: AsyncConnection, needs: OpenDependencies, change: Change, row: Row[Any]) -> Braked | None:
    counted = counted_values(change.caller, row.case_reference, row.person_mark, needs.limits, change.at)
    told = await connection.scalar(_COUNT, counted)
    return Braked.read(told) if told is not None else None


def _question(needs: OpenDependencies, previous: Row[Any], asked: NextRound) -> Question:
    form, asked_for = asked.form, ConsultationType(previous.type)
    if form is None and previous.details_sealed is not None:
        form = open_form(needs.vault, previous.id, previous.details_sealed)
    require_form(asked_for, form, asked.today)
    marked = previous.restricted == Restricted.VIOLENCE
    require_words(violence=marked, question=asked.text, matter=asked.matter, form=asked.form)
    return Question(
        type=asked_for,
        purpose=previous.purpose,
        case_reference=previous.case_reference,
        text=asked.text,
        person=None,
        lookup_id=None,
        category=QuestionCategory(previous.question_category) if previous.question_category else None,
        cooperation=Cooperation(previous.cooperation) if previous.cooperation else None,
        form=form,
        matter=asked.matter,
    )


def _placement_of(previous: Row[Any], asked: Placement) -> Placement:
    """In the same unit and queue as the round before, by whose hours and target it falls due.

    As hidden as that was, or as a new question would be.
    """
    hidden = previous.restricted and Restricted(previous.restricted)
    return Placement(previous.unit, previous.queue, hidden or asked.restricted)


def _following(previous: Row[Any], placement: Placement) -> dict[str, Any]:
    return {
        "unit": placement.unit,
        "queue": placement.queue,
        "restricted": placement.restricted,
        "round": previous.round + 1,
        "previous_id": previous.id,
    }


def _reopened_by(opened: Opened) -> Callable[[Consultation, Actor], tuple[Consultation, Event]]:
    def reopen(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.reopen(by, nextConsultationId=str(opened.id))

    return reopen
