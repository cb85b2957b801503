"""Subscriptions over HTTP."""

import uuid
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from services.consultation import scopes
from services.consultation.context import Context, context_of
from services.consultation.webhooks import change, examples, repository, subscribe
from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.models import (
    NewSecret,
    NewSubscription,
    RotationRequest,
    Subscription,
    SubscriptionPage,
    SubscriptionRemoval,
    SubscriptionRequest,
    subscription_values,
)
from services.consultation.webhooks.remove import remove_subscription
from services.consultation.webhooks.repository import Own
from services.consultation.webhooks.rotate_secret import rotate_secret
from services.consultation.webhooks.validate import validate_receiver
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import ExpectedVersion, etag
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["webhooks"])

Reader = Annotated[Caller, Depends(Requires(scopes.WEBHOOKS_MANAGE, actor=False))]
Manager = Annotated[Caller, Depends(Requires(scopes.WEBHOOKS_MANAGE))]
SubscriptionId = Annotated[uuid.UUID, Path(alias="webhookSubscriptionId", description="From the list / Ur listan")]
Wanted = Annotated[SubscriptionRequest, Depends(JsonBody(SubscriptionRequest, examples.WISH))]


def courier_of(request: Request) -> Courier:
    """The courier of the application that serves the request."""
    return cast(Courier, request.app.state.courier)


def answered(example: dict[str, Any], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The answer of an operation, for the OpenAPI document."""
    return {status: {"content": {"application/json": {"example": example}}}}


@router.post(
    "/webhook-subscriptions",
    status_code=201,
    response_model=NewSubscription,
    responses=answered(examples.NEW_SUBSCRIPTION, 201),
    summary="Subscribe to events / Prenumerera på händelser",
)
async def create_webhook_subscription(request: Request, caller: Manager, body: Wanted, attempt: OnceOnly) -> Response:
    """Have events of one's own organisation's consultations sent to an address. It is pending until validated.

    `secret` is told in this answer and never again: give it to the receiver, then call `.../validations`.

    Få händelser i den egna organisationens samråd skickade till en adress. Hemligheten visas bara i det här svaret:
    ge den till mottagaren och anropa sedan `.../validations`.
    """
    context = context_of(request)
    now = context.clock()
    secret: str | None = None
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            nonlocal secret
            made = await subscribe.subscribe(connection, caller, body.wish(), courier_of(request), context.vault, now)
            secret = made.secret
            row = await repository.find(connection, made.own)
            if row is None:
                raise LookupError("a subscription that was just made is not there")
            # As it is kept for a request that is sent again: without the secret.
            model = NewSubscription(**subscription_values(row, context.base_url), secret=None)
            address = f"{context.base_url}/webhook-subscriptions/{row.id}"
            return context.json(model, 201, {"Location": address, "ETag": etag(row.version)})

        answer = await context.ledger.once(connection, caller, attempt, now, told)
    return _with_secret(context, NewSubscription, answer, secret)


@router.get(
    "/webhook-subscriptions",
    response_model=SubscriptionPage,
    responses=answered(examples.SUBSCRIPTIONS),
    summary="One's own subscriptions, newest first / Egna prenumerationer, nyast först",
)
async def list_webhook_subscriptions(
    request: Request, caller: Reader, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """The organisation's subscriptions, with how their receivers fare.

    Organisationens prenumerationer, och hur det går för mottagarna.
    """
    context = context_of(request)
    place = decode_cursor(cursor)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.page(connection, caller.organisation, context.clock(), place, limit + 1)
    shown, more = split_page(rows, limit)
    following = encode_cursor(shown[-1].created_at, shown[-1].id) if more else None
    parameters: dict[str, object] = {"limit": limit, "cursor": cursor}
    page = SubscriptionPage(
        webhook_subscriptions=[Subscription(**subscription_values(row, context.base_url)) for row in shown],
        links=page_links(f"{context.base_url}/webhook-subscriptions", parameters, following),
    )
    return context.json(page)


@router.get(
    "/webhook-subscriptions/{webhookSubscriptionId}",
    response_model=Subscription,
    responses=answered(examples.SUBSCRIPTION),
    summary="One subscription / En prenumeration",
)
async def get_webhook_subscription(request: Request, caller: Reader, subscription_id: SubscriptionId) -> Response:
    """A subscription, with its version as ETag.

    En prenumeration, med version som ETag.
    """
    return await _told(context_of(request), caller, subscription_id)


@router.put(
    "/webhook-subscriptions/{webhookSubscriptionId}",
    response_model=Subscription,
    responses=answered(examples.SUBSCRIPTION),
    summary="Change a subscription / Ändra en prenumeration",
)
async def replace_webhook_subscription(
    request: Request, caller: Manager, subscription_id: SubscriptionId, body: Wanted, version: ExpectedVersion
) -> Response:
    """Replace address, types of event and contact. With another address it is pending until validated again.

    What happens meanwhile is kept, and sent when the new receiver has been validated.

    Ersätt adress, händelsetyper och kontakt. Med en ny adress måste mottagaren valideras igen. Det som händer under
    tiden sparas och skickas sedan.
    """
    context = context_of(request)
    own = Own(caller.organisation, subscription_id, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        await change.change_subscription(connection, caller, own, body.wish(), courier_of(request), version=version)
    return await _told(context, caller, subscription_id)


@router.delete(
    "/webhook-subscriptions/{webhookSubscriptionId}",
    response_model=SubscriptionRemoval,
    responses=answered(examples.REMOVAL),
    summary="Remove a subscription / Ta bort en prenumeration",
)
async def delete_webhook_subscription(request: Request, caller: Manager, subscription_id: SubscriptionId) -> Response:
    """Stop sending, and erase what waits. Takes no version: a stop must not wait for a reading.

    Sluta skicka, och ta bort det som väntar. Kräver ingen version: ett stopp ska inte vänta på en läsning.
    """
    context = context_of(request)
    own = Own(caller.organisation, subscription_id, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        await remove_subscription(connection, caller, own)
    return context.json(SubscriptionRemoval(webhook_subscription_id=subscription_id, removed_at=own.now))


@router.post(
    "/webhook-subscriptions/{webhookSubscriptionId}/validations",
    response_model=Subscription,
    responses=answered(examples.SUBSCRIPTION),
    summary="Validate the receiver / Validera mottagaren",
)
async def validate_webhook_subscription(request: Request, caller: Manager, subscription_id: SubscriptionId) -> Response:
    """Send the receiver a signed message of the type `webhook.validation`, and activate when it repeats the challenge.

    It answers 200 with `{"challenge": "..."}` within five seconds. Also what sets a paused subscription going again.

    Skicka ett signerat meddelande av typen `webhook.validation` och aktivera när mottagaren svarar 200 med utmaningen
    inom fem sekunder. Startar också om en pausad prenumeration.
    """
    context = context_of(request)
    own = Own(caller.organisation, subscription_id, context.clock())
    await validate_receiver(context.database, caller, own, courier_of(request), context.vault)
    return await _told(context, caller, subscription_id)


@router.post(
    "/webhook-subscriptions/{webhookSubscriptionId}/secrets",
    status_code=201,
    response_model=NewSecret,
    responses=answered(examples.NEW_SECRET, 201),
    summary="Make a new secret / Skapa en ny hemlighet",
)
async def create_webhook_secret(
    request: Request,
    caller: Manager,
    subscription_id: SubscriptionId,
    body: Annotated[RotationRequest, Depends(JsonBody(RotationRequest, examples.ROTATION, required=False))],
    attempt: OnceOnly,
) -> Response:
    """Messages are signed with the new secret at once, and with the ones before it until the overlap is over.

    Never with more than three. `secret` is told in this answer and never again.

    Meddelanden signeras genast med den nya hemligheten, och med de förra tills övergångstiden är slut. Hemligheten
    visas bara i det här svaret.
    """
    context = context_of(request)
    own = Own(caller.organisation, subscription_id, context.clock())
    secret: str | None = None
    async with context.database.begin(Tenancy(caller.organisation)) as connection:

        async def told() -> Response:
            nonlocal secret
            rotated = await rotate_secret(connection, caller, own, context.vault, body.overlap())
            secret = rotated.secret
            model = NewSecret(webhook_subscription_id=subscription_id, number=rotated.number, secret=None)
            address = f"{context.base_url}/webhook-subscriptions/{subscription_id}"
            return context.json(model, 201, {"Location": address})

        answer = await context.ledger.once(connection, caller, attempt, own.now, told)
    return _with_secret(context, NewSecret, answer, secret)


async def _told(context: Context, caller: Caller, subscription_id: uuid.UUID) -> Response:
    own = Own(caller.organisation, subscription_id, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        row = await repository.find(connection, own)
    if row is None:
        raise Problem(NOT_FOUND)
    model = Subscription(**subscription_values(row, context.base_url))
    return context.json(model, headers={"ETag": etag(row.version)})


def _with_secret(
    context: Context, model: type[NewSubscription] | type[NewSecret], answer: Response, secret: str | None
) -> Response:
    """The answer with the secret in it, which is not kept anywhere. A repeated request has none to be told."""
    if secret is None:
        return answer
    told = model.model_validate_json(bytes(answer.body)).model_copy(update={"secret": secret})
    headers = {name: answer.headers[name] for name in ("location", "etag") if name in answer.headers}
    return context.json(told, answer.status_code, headers)
