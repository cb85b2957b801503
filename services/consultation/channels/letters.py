"""Letters: an answer that goes by post, and its dispatch, where lead time ends (R5)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.approvals.needed import require_no_second_handler
from services.consultation.consultations.changes import Change, apply
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.domain import Actor, Consultation, Event
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode
from services.consultation.consultations.repository import find_answered_by
from services.consultation.consultations.telling import tell_sets_and_files

_ADDRESS = text("SELECT postal_address_of(:org)").columns(address=JSONB)


async def send_by_post(connection: AsyncConnection, change: Change) -> Consultation:
    """The handler chooses a letter; lead time runs on. Raises Problem 404, 409, 412."""
    return await apply(connection, change, find_answered_by, Consultation.send_by_post)


async def record_dispatch(
    connection: AsyncConnection,
    change: Change,
    letter: str,
    decided: Sequence[Disclosure] = (),
    closing: AnswerClosing = ClosingCode.ANSWERED,
) -> Consultation:
    """The letter has left; its words are kept as the answer.

    Raises Problem 404, 409 when no letter had been chosen or a second handler has to see it first, 412, 422 when the
    decisions don't match what was asked.
    """

    def dispatched(before: Consultation, by: Actor) -> tuple[Consultation, Event]:
        return before.dispatch(by, closing)

    after = await apply(connection, change, find_answered_by, dispatched, message=letter)
    await tell_sets_and_files(connection, change, after, decided)
    await require_no_second_handler(connection, change, after, decided)
    return after


async def proposed_address(connection: AsyncConnection, organisation: str) -> Mapping[str, str | None] | None:
    """Where the organisation wants its letters; None when it has not said."""
    found: Mapping[str, str | None] | None = (await connection.execute(_ADDRESS, {"org": organisation})).scalar_one()
    return found
