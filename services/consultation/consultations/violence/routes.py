"""The mark for violence over HTTP. Only holders of its scope come as far as to the consultation."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations.carrying_out import CHANGED, ConsultationId, carry_out
from services.consultation.consultations.models import ChangedConsultation
from services.consultation.consultations.violence.mark import mark_for_violence, remove_violence_mark
from shared.http.conditions import ExpectedVersion
from shared.idempotency import OnceOnly
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

Trusted = Annotated[Caller, Depends(Requires(scopes.VIOLENCE_READ))]


@router.post(
    "/consultations/{consultationId}/violence-marks",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Mark for violence / Märk för våld i nära relation",
)
async def mark(
    request: Request, caller: Trusted, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Hide it from everybody without the scope, on both sides, as if it did not exist.

    Dölj samrådet för alla som saknar behörigheten, på båda sidor, som om det inte fanns.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, mark_for_violence)


@router.post(
    "/consultations/{consultationId}/violence-marks/removals",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Remove the mark for violence / Ta bort märkningen för våld",
)
async def remove(
    request: Request, caller: Trusted, consultation_id: ConsultationId, version: ExpectedVersion, attempt: OnceOnly
) -> Response:
    """Let it be seen as any other. That it was marked is told to holders of the scope alone.

    Låt samrådet synas som andra. Att det varit märkt visas bara för den som har behörigheten.
    """
    return await carry_out(request, caller, consultation_id, version, attempt, remove_violence_mark)
