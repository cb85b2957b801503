"""The queue over HTTP: what waits, how much, and the next one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.carrying_out import CHANGED, ConsultationId, Worker, carry_out
from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import Consultation, ConsultationType, Queue
from services.consultation.consultations.models import ChangedConsultation, self_link
from services.consultation.consultations.repository import Reader
from services.consultation.context import context_of
from services.consultation.problems import QUEUE_EMPTY
from services.consultation.queue import examples, repository
from services.consultation.queue.claim_next import claim_next
from services.consultation.queue.domain import Assigned, Filters, Part, Sort, Tab, Today
from services.consultation.queue.escalate import escalate_consultation
from services.consultation.queue.models import (
    UNIT,
    ClaimedConsultation,
    ClaimRequest,
    EscalationRequest,
    QueueCounts,
    QueuePage,
    TabCount,
    queued,
)
from services.consultation.queue.once import once
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.http.service import problem_response
from shared.idempotency import OnceOnly
from shared.problems import Problem

router = APIRouter(tags=["queue"])

Unit = Annotated[str | None, Query(pattern=UNIT, description="A unit's code / Enhetens kod")]
InQueue = Annotated[Queue | None, Query(description="Which competence / Vilken kompetens")]
OfType = Annotated[ConsultationType | None, Query(alias="type", description="Which type / Vilken typ")]


@router.get(
    "/queue",
    response_model=QueuePage,
    responses={200: {"content": {"application/json": {"example": examples.QUEUE}}}},
    summary="Consultations waiting here, due first first / Samråd som väntar, närmast i tid först",
)
async def list_queue(
    request: Request,
    caller: Worker,
    unit: Unit = None,
    queue: InQueue = None,
    wanted_type: OfType = None,
    turn: Annotated[Turn | None, Query(description="Whose turn / Vems tur")] = None,
    tab: Annotated[Tab | None, Query(description="How near in time, by the day / Hur nära i tid, per dag")] = None,
    escalated: Annotated[bool, Query(description="Only what is escalated / Bara det som lyfts")] = False,
    assigned: Annotated[Assigned, Query(description="anyone, nobody or me")] = Assigned.ANYONE,
    sort: Annotated[Sort, Query(description="due or oldest")] = Sort.DUE,
    awaiting_approval: Annotated[
        bool, Query(alias="awaitingApproval", description="Only what two are to see / Bara det som ska godkännas")
    ] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Open consultations put to the organisation. Nothing about persons stands in the queue.

    `turn`, `tab`, `escalated` and `awaitingApproval` exclude each other. `turn` and `sort=oldest` need a
    `unit` and go without `queue` and `type`, but for `assigned=me`. Consultations about persons with protected identity
    are not in it, for anybody: they go by phone.

    Öppna samråd ställda till organisationen. `turn`, `tab`, `escalated` och `awaitingApproval` utesluter varandra.
    `turn` och `sort=oldest` kräver `unit` och går inte med `queue` eller `type`, utom med `assigned=me`. Samråd om
    personer med skyddade personuppgifter står inte i kön; de tas per telefon.
    """
    context = context_of(request)
    filters = Filters(unit, queue, wanted_type, turn, tab, escalated, assigned, sort, awaiting_approval)
    filters.check()
    place, today = decode_cursor(cursor), Today.at(context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.page(
            connection,
            Reader.of(caller),
            filters,
            handler=caller.actor,
            today=today,
            place=place,
            rows=limit + 1,
        )
    shown, more = split_page(rows, limit)
    order = "due_at" if sort is Sort.DUE else "opened_at"
    next_cursor = encode_cursor(getattr(shown[-1], order), shown[-1].id) if more else None
    parameters: dict[str, object] = {
        "limit": limit,
        "unit": unit,
        "queue": queue and queue.value,
        "type": wanted_type and wanted_type.value,
        "turn": turn and turn.value,
        "tab": tab and tab.value,
        "escalated": "true" if escalated else None,
        "awaitingApproval": "true" if awaiting_approval else None,
        "assigned": assigned.value,
        "sort": sort.value,
        "cursor": cursor,
    }
    page = QueuePage(
        consultations=[queued(row, caller.organisation, today, context.base_url) for row in shown],
        links=page_links(f"{context.base_url}/queue", parameters, next_cursor),
    )
    return context.json(page)


@router.get(
    "/queue/counts",
    response_model=QueueCounts,
    responses={200: {"content": {"application/json": {"example": examples.COUNTS}}}},
    summary="How many there are in each tab / Hur många det är på varje flik",
)
async def count_queue(
    request: Request, caller: Worker, unit: Unit = None, queue: InQueue = None, wanted_type: OfType = None
) -> Response:
    """Open consultations by how near in time they are, by the calendar day. What waits for somebody else is apart.

    Öppna samråd efter hur nära i tid de är, per kalenderdag. Det som väntar på någon annan står för sig.
    """
    context = context_of(request)
    today = Today.at(context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        found = await repository.counts(connection, Reader.of(caller), today, Part(unit, queue, wanted_type))
    parameters: dict[str, object] = {
        "unit": unit,
        "queue": queue and queue.value,
        "type": wanted_type and wanted_type.value,
    }
    model = QueueCounts(
        day=today.day,
        tabs=[TabCount(tab=tab, consultations=each.number, unassigned=each.free) for tab, each in found.items()],
        links=page_links(f"{context.base_url}/queue/counts", parameters, None),
    )
    return context.json(model)


@router.post(
    "/queue/claims",
    response_model=ClaimedConsultation,
    responses={200: {"content": {"application/json": {"example": examples.CLAIMED}}}},
    summary="Claim the next / Ta nästa samråd",
)
async def claim_next_in_queue(
    request: Request,
    caller: Worker,
    body: Annotated[ClaimRequest, Depends(JsonBody(ClaimRequest, examples.CLAIM, required=False))],
    attempt: OnceOnly,
) -> Response:
    """The most urgent consultation that nobody has becomes the handler's. 404 `queue_empty` when nothing waits.

    Of several who ask at the same moment each gets one of her own, and none waits for another. What waits for
    somebody else, and persons with protected identity, are not handed out.

    Det mest brådskande samrådet som ingen har blir handläggarens. 404 `queue_empty` när inget väntar.
    """
    context = context_of(request)
    part = Part(body.unit, body.queue, body.type)

    async def work(connection: AsyncConnection, change: Change) -> Response:
        row = await claim_next(connection, change, part)
        request.scope["state"]["audit"] = {"objectId": row.id}
        links = self_link(context.base_url, row.id)
        model = ClaimedConsultation(
            consultation_id=row.id,
            number=row.number,
            type=row.type,
            state=row.state,
            turn=row.turn,
            version=row.version,
            assigned_to=caller.actor or "",
            unit=row.unit,
            due_at=row.due_at,
            links=links,
        )
        return context.json(model, headers={"Location": links["self"]["href"], "ETag": etag(row.version)})

    try:
        return await once(request, caller, attempt, work)
    except Problem as refusal:
        if refusal.kind is not QUEUE_EMPTY:
            raise
        # Nobody has been refused anything: a workbench that asks now and then must not fill the trail.
        return problem_response(request, refusal)


@router.post(
    "/consultations/{consultationId}/escalations",
    response_model=ChangedConsultation,
    responses=CHANGED,
    summary="Escalate / Lyft till arbetsledningen",
)
async def escalate(
    request: Request,
    caller: Worker,
    consultation_id: ConsultationId,
    version: ExpectedVersion,
    body: Annotated[EscalationRequest, Depends(JsonBody(EscalationRequest, examples.ESCALATION))],
    attempt: OnceOnly,
) -> Response:
    """Tell those who lead the work that it stands still, and why. It stays escalated until somebody acts on it.

    Lyft ett samråd som står still till arbetsledningen, med orsak. Det är lyft tills någon agerar.
    """

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await escalate_consultation(connection, change, body.reason)

    return await carry_out(request, caller, consultation_id, version, attempt, effect)
