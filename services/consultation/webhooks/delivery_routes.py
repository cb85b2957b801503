"""Deliveries over HTTP: what was sent and what came of it, sending again, samples, and what contacts were told."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.consultation.consultations.repository import Reader as Seer
from services.consultation.context import context_of
from services.consultation.webhooks import examples, repository
from services.consultation.webhooks.models import (
    Attempt,
    Delivery,
    DeliveryPage,
    Notice,
    NoticePage,
    QueuedDelivery,
    Replay,
    ReplayRequest,
    SampleRequest,
    WholeDelivery,
    delivery_links,
    delivery_values,
)
from services.consultation.webhooks.replay import redeliver, replay_since
from services.consultation.webhooks.repository import Own
from services.consultation.webhooks.routes import Manager, Reader, SubscriptionId, answered
from services.consultation.webhooks.send_sample import send_sample
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem

router = APIRouter(tags=["webhooks"])

DeliveryId = Annotated[uuid.UUID, Path(alias="webhookDeliveryId", description="From the list / Ur listan")]


@router.post(
    "/webhook-subscriptions/{webhookSubscriptionId}/samples",
    status_code=202,
    response_model=QueuedDelivery,
    responses=answered(examples.QUEUED, 202),
    summary="Send a sample event / Skicka en provhändelse",
)
async def create_webhook_sample(
    request: Request,
    caller: Manager,
    subscription_id: SubscriptionId,
    body: Annotated[SampleRequest, Depends(JsonBody(SampleRequest, examples.SAMPLE, required=False))],
    attempt: OnceOnly,
) -> Response:
    """An invented event, marked with `sample`, signed and delivered as any other, whatever the subscription asks for.

    En påhittad händelse, märkt med `sample`, signerad och levererad som alla andra.
    """
    context = context_of(request)
    own = Own(caller.organisation, subscription_id, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            delivery_id = await send_sample(connection, own, body.event_type, body.state)
            links = delivery_links(delivery_id, context.base_url)
            return context.json(QueuedDelivery(webhook_delivery_id=delivery_id, links=links), 202)

        return await context.ledger.once(connection, caller, attempt, own.now, told)


@router.post(
    "/webhook-subscriptions/{webhookSubscriptionId}/replays",
    status_code=202,
    response_model=Replay,
    responses=answered(examples.REPLAYED, 202),
    summary="Send events again since a time / Skicka om händelser sedan en tid",
)
async def create_webhook_replay(
    request: Request,
    caller: Manager,
    subscription_id: SubscriptionId,
    body: Annotated[ReplayRequest, Depends(JsonBody(ReplayRequest, examples.REPLAY))],
    attempt: OnceOnly,
) -> Response:
    """Those that were given up, and with `deliveredToo` those that arrived; the oldest first, at most 5 000.

    Ids stay the same, and so does the order within a consultation. Once a minute.

    De som gavs upp, och med `deliveredToo` även de som kom fram; de äldsta först, högst 5 000. Id och ordning inom
    ett samråd är desamma. En gång i minuten.
    """
    context = context_of(request)
    own = Own(caller.organisation, subscription_id, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            replayed = await replay_since(connection, caller, own, body.since, delivered_too=body.delivered_too)
            return context.json(Replay(queued=replayed.number, until=replayed.until), 202)

        return await context.ledger.once(connection, caller, attempt, own.now, told)


@router.get(
    "/webhook-subscriptions/{webhookSubscriptionId}/deliveries",
    response_model=DeliveryPage,
    responses=answered(examples.DELIVERIES),
    summary="Deliveries, newest first / Leveranser, nyast först",
)
async def list_webhook_deliveries(
    request: Request,
    caller: Reader,
    subscription_id: SubscriptionId,
    status: Annotated[Literal["failed"] | None, Query(description="Only those given up / Bara de uppgivna")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What was sent, what waits and what was given up, of consultations that the caller may see.

    Vad som har skickats, vad som väntar och vad som gavs upp, i de samråd som anroparen får se.
    """
    context = context_of(request)
    place = decode_cursor(cursor)
    own = Own(caller.organisation, subscription_id, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        if await repository.find(connection, own) is None:
            raise Problem(NOT_FOUND)
        rows = await repository.deliveries(
            connection, Seer.of(caller), own, place, limit + 1, failed=status == "failed"
        )
    shown, more = split_page(rows, limit)
    following = encode_cursor(shown[-1].event_at, shown[-1].id) if more else None
    parameters: dict[str, object] = {"limit": limit, "status": status, "cursor": cursor}
    address = f"{context.base_url}/webhook-subscriptions/{subscription_id}/deliveries"
    page = DeliveryPage(
        webhook_deliveries=[Delivery(**delivery_values(row, context.base_url)) for row in shown],
        links=page_links(address, parameters, following),
    )
    return context.json(page)


@router.get(
    "/webhook-deliveries/{webhookDeliveryId}",
    response_model=WholeDelivery,
    responses=answered(examples.WHOLE_DELIVERY),
    summary="One delivery with its attempts / En leverans med sina försök",
)
async def get_webhook_delivery(request: Request, caller: Reader, delivery_id: DeliveryId) -> Response:
    """Each attempt with its time, what came of it, the status that was answered and how long it took.

    Varje försök med tid, utfall, svarets status och hur länge det tog.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await repository.find_delivery(connection, Seer.of(caller), delivery_id)
        if row is None:
            raise Problem(NOT_FOUND)
        made = await repository.attempts(connection, caller.organisation, delivery_id)
    attempts = [
        Attempt(
            number=each.number,
            at=each.at,
            outcome=each.outcome,
            http_status=each.http_status,
            milliseconds=each.milliseconds,
        )
        for each in made
    ]
    return context.json(WholeDelivery(**delivery_values(row, context.base_url), attempts=attempts))


@router.post(
    "/webhook-deliveries/{webhookDeliveryId}/redeliveries",
    status_code=202,
    response_model=QueuedDelivery,
    responses=answered(examples.QUEUED, 202),
    summary="Send one event again / Skicka om en händelse",
)
async def create_webhook_redelivery(
    request: Request, caller: Manager, delivery_id: DeliveryId, attempt: OnceOnly
) -> Response:
    """With the same id, whether it arrived or was given up. One that waits is left as it is.

    Med samma id, vare sig den kom fram eller gavs upp. En som väntar lämnas som den är.
    """
    context = context_of(request)
    now = context.clock()
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            await redeliver(connection, caller, delivery_id, now)
            links = delivery_links(delivery_id, context.base_url)
            return context.json(QueuedDelivery(webhook_delivery_id=delivery_id, links=links), 202)

        return await context.ledger.once(connection, caller, attempt, now, told)


@router.get(
    "/webhook-notices",
    response_model=NoticePage,
    responses=answered(examples.NOTICES),
    summary="What contacts have been told / Vad kontakter har fått veta",
)
async def list_webhook_notices(request: Request, caller: Reader, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """Which receiver fails, since when and how; at most one a day for each subscription. Newest first.

    Vilken mottagare som inte tar emot, sedan när och hur; högst en per dygn och prenumeration. Nyast först.
    """
    context = context_of(request)
    place = decode_cursor(cursor)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.notices(connection, caller.organisation, place, limit + 1)
    shown, more = split_page(rows, limit)
    following = encode_cursor(shown[-1].at, shown[-1].id) if more else None
    parameters: dict[str, object] = {"limit": limit, "cursor": cursor}
    page = NoticePage(
        webhook_notices=[
            Notice(
                webhook_notice_id=row.id,
                webhook_subscription_id=row.subscription_id,
                at=row.at,
                failing_since=row.failing_since,
                paused=row.paused,
                outcomes=row.outcomes,
                waiting=row.waiting,
                failed=row.failed,
            )
            for row in shown
        ],
        links=page_links(f"{context.base_url}/webhook-notices", parameters, following),
    )
    return context.json(page)
