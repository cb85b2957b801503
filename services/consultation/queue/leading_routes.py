"""Leading the work over HTTP: who has how much, who gets what, and what goes to another unit."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation.consultations.carrying_out import CHANGED, ConsultationId, Leader, carry_out
from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import Consultation
from services.consultation.consultations.models import ChangedConsultation
from services.consultation.consultations.repository import Reader
from services.consultation.context import context_of
from services.consultation.queue import examples, repository
from services.consultation.queue.assign import assign_consultation
from services.consultation.queue.assign_many import Assignment, Outcome, assign_many
from services.consultation.queue.domain import Today
from services.consultation.queue.hand_over import HandOver, hand_over_consultation, known_unit, preview_hand_over
from services.consultation.queue.handlers import checked_handler
from services.consultation.queue.models import (
    AssignmentOutcome,
    AssignmentOutcomes,
    AssignmentRequest,
    BookedMeetingModel,
    HandlerLoad,
    HandlerLoads,
    HandOverPreview,
    HandOverRequest,
    InSight,
    ManyAssignments,
    MovedPart,
    PlannedMove,
    RedistributionOutcome,
    RedistributionPreview,
    RedistributionRequest,
)
from services.consultation.queue.once import once
from services.consultation.queue.redistribute import plan_redistribution, redistribute
from services.consultation.queue.routes import Unit
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.http.paging import page_links
from shared.idempotency import OnceOnly
from shared.problems import MALFORMED, Problem

router = APIRouter(tags=["queue"])

HandOverBody = Annotated[HandOverRequest, Depends(JsonBody(HandOverRequest, examples.HAND_OVER))]
RedistributionBody = Annotated[RedistributionRequest, Depends(JsonBody(RedistributionRequest, examples.REDISTRIBUTION))]


@router.get(
    "/queue/handlers",
    response_model=HandlerLoads,
    responses={200: {"content": {"application/json": {"example": examples.HANDLERS}}}},
    summary="How much each handler has / Hur mycket varje handläggare har",
)
async def list_handlers(request: Request, caller: Leader, unit: Unit = None) -> Response:
    """Open and late consultations of each handler who has any.

    Öppna och sena samråd hos varje handläggare som har några.
    """
    context = context_of(request)
    today = Today.at(context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.handlers(connection, Reader.of(caller), today, unit=unit)
    model = HandlerLoads(
        day=today.day,
        handlers=[HandlerLoad(handler=row.handler, open=row.open, late=row.late, waiting=row.waiting) for row in rows],
        links=page_links(f"{context.base_url}/queue/handlers", {"unit": unit}, None),
    )
    return context.json(model)


@router.post(
    "/consultations/{consultationId}/assignments",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Assign / Tilldela",
)
async def assign(
    request: Request,
    caller: Leader,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[AssignmentRequest, Depends(JsonBody(AssignmentRequest, examples.ASSIGNMENT))],
    attempt: OnceOnly,
) -> Response:
    """Give a consultation to a handler, whoever had it, or back to the queue.

    Ge ett samråd till en handläggare, vem som än hade det, eller tillbaka till kön.
    """
    to = None if body.handler is None else checked_handler(body.handler)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await assign_consultation(connection, change, to)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


@router.post(
    "/queue/assignments",
    response_model=AssignmentOutcomes,
    responses={200: {"content": {"application/json": {"example": examples.OUTCOMES}}}},
    summary="Assign many / Tilldela flera",
)
async def assign_several(
    request: Request,
    caller: Leader,
    body: Annotated[ManyAssignments, Depends(JsonBody(ManyAssignments, examples.ASSIGNMENTS))],
    attempt: OnceOnly,
) -> Response:
    """Up to 200 consultations to one handler, each in the version that was read. Each is done, or told why not.

    Upp till 200 samråd till en handläggare, vart och ett i den version som lästes. Varje görs, eller får veta varför
    inte.
    """
    to = None if body.handler is None else checked_handler(body.handler)
    if len({each.consultation_id for each in body.consultations}) < len(body.consultations):
        raise Problem(MALFORMED, members={"errors": [{"field": "consultations", "reason": "repeated"}]})
    wanted = [Assignment(each.consultation_id, each.version, to) for each in body.consultations]
    context = context_of(request)

    async def work(connection: AsyncConnection, change: Change) -> Response:
        outcomes = await assign_many(connection, change, wanted)
        return context.json(AssignmentOutcomes(outcomes=_told(outcomes)))

    return await once(request, caller, attempt, work)


@router.post(
    "/queue/redistribution-previews",
    response_model=RedistributionPreview,
    responses={200: {"content": {"application/json": {"example": examples.REDISTRIBUTION_PREVIEW}}}},
    summary="What a redistribution would do / Vad en omfördelning skulle göra",
)
async def preview_redistribution(request: Request, caller: Leader, body: RedistributionBody) -> Response:
    """Who would get how many of what an absent handler has. Nothing is changed.

    Vem som skulle få hur många av en frånvarande handläggares samråd. Ingenting ändras.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        plan = await plan_redistribution(connection, Reader.of(caller), body.handler, body.to)
    moves = Counter(each.to for each in plan.assignments)
    model = RedistributionPreview(
        version=plan.version,
        moves=[PlannedMove(handler=handler, consultations=number) for handler, number in moves.items()],
        more=plan.more,
    )
    return context.json(model, headers={"ETag": etag(plan.version)})


@router.post(
    "/queue/redistributions",
    response_model=RedistributionOutcome,
    responses={200: {"content": {"application/json": {"example": examples.REDISTRIBUTED}}}},
    summary="Redistribute for absence / Omfördela vid frånvaro",
)
async def redistribute_for_absence(
    request: Request, caller: Leader, version: ExpectedVersion, body: RedistributionBody, attempt: OnceOnly
) -> Response:
    """All that a handler has goes to others in turns, due first first, or back to the queue.

    `If-Match` is the version of the preview: when anything of what the handler has has changed since, 412.

    Allt en handläggare har går till andra i tur och ordning, eller tillbaka till kön. `If-Match` är
    förhandsvisningens version.
    """
    context = context_of(request)

    async def work(connection: AsyncConnection, change: Change) -> Response:
        plan, outcomes = await redistribute(connection, change, body.handler, body.to)
        return context.json(RedistributionOutcome(outcomes=_told(outcomes), more=plan.more))

    return await once(request, caller, attempt, work, version=version)


@router.post(
    "/consultations/{consultationId}/hand-over-previews",
    response_model=HandOverPreview,
    responses={200: {"content": {"application/json": {"example": examples.HAND_OVER_PREVIEW}}}},
    summary="What a hand-over would do / Vad ett överlämnande skulle göra",
)
async def preview_handing_over(
    request: Request, caller: Leader, consultation_id: ConsultationId, body: HandOverBody
) -> Response:
    """What goes along to another unit, who gains and loses sight of it, and whether a meeting is booked.

    Nothing is changed.

    Vad som följer med till en annan enhet, vem som får och mister det i sin kö, och om ett möte är bokat. Ingenting
    ändras.
    """
    context = context_of(request)
    now = context.clock()
    clockwork = await context.clocks.current(now)
    change = Change(caller, consultation_id, 0, now, context.vault, clockwork=clockwork)
    to, name = HandOver(body.unit, body.reason), await known_unit(context.units, body.unit)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        preview = await preview_hand_over(connection, change, to)
    before = preview.consultation
    model = HandOverPreview(
        version=before.version,
        state=preview.after.state,
        moves=[MovedPart(part=part, number=number) for part, number in preview.moved.items()],
        booked_meeting=preview.meeting and BookedMeetingModel(leaves_slot=preview.meeting.leaves_slot),
        loses=InSight(unit=before.unit, unit_name=await context.units.name_of(before.unit), handler=before.assigned_to),
        gains=InSight(unit=body.unit, unit_name=name, handler=None),
    )
    return context.json(model, headers={"ETag": etag(before.version)})


@router.post(
    "/consultations/{consultationId}/hand-overs",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Hand over to another unit / Lämna över till en annan enhet",
)
async def hand_over(
    request: Request,
    caller: Leader,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: HandOverBody,
    attempt: OnceOnly,
) -> Response:
    """Another unit gets the consultation in its queue. `If-Match` is the version of the preview.

    A meeting that is booked stays so, and leaves its slot to others.

    En annan enhet får samrådet i sin kö. `If-Match` är förhandsvisningens version. Ett bokat möte står kvar, och lämnar
    sin bokningsbara tid till andra.
    """
    await known_unit(context_of(request).units, body.unit)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await hand_over_consultation(connection, change, HandOver(body.unit, body.reason))

    return await carry_out(request, caller, consultation_id, version, attempt, effect)


def _told(outcomes: Sequence[Outcome]) -> list[AssignmentOutcome]:
    return [
        AssignmentOutcome(
            consultation_id=each.assignment.consultation_id,
            done=each.after is not None,
            assigned_to=each.after.assigned_to if each.after else None,
            version=each.after.version if each.after else None,
            code=each.refusal.kind.code if each.refusal else None,
        )
        for each in outcomes
    ]
