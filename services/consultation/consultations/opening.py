"""What the operations that open a consultation share: what they need of the world, and the receipt."""

from fastapi import Response

from services.consultation.consultations.domain import State
from services.consultation.consultations.models import OpenedConsultation, self_link
from services.consultation.consultations.open import OpenDependencies, Opened
from services.consultation.context import Context
from services.consultation.expected.wire import expected_answer
from shared.http.conditions import etag


def receipt(context: Context, opened: Opened) -> Response:
    """The answer to the asker: a number and a due date."""
    links = self_link(context.base_url, opened.id)
    model = OpenedConsultation(
        consultation_id=opened.id,
        number=opened.number,
        state=State.RECEIVED,
        turn=State.RECEIVED.turn,
        version=opened.version,
        opened_at=opened.opened_at,
        due_at=opened.due_at,
        expected_answer=expected_answer(opened.expected, opened.working_day_seconds),
        links=links,
    )
    return context.json(model, 201, {"Location": links["self"]["href"], "ETag": etag(opened.version)})


def dependencies(context: Context) -> OpenDependencies:
    """What opening needs of the context."""
    return OpenDependencies(
        database=context.database,
        vault=context.vault,
        ledger=context.ledger,
        grounds=context.grounds,
        clocks=context.clocks,
        expectations=context.expectations,
        answering=context.answering,
        limits=context.limits,
    )
