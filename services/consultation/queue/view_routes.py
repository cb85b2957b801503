"""Saved views over HTTP."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from services.consultation.consultations.carrying_out import Worker
from services.consultation.consultations.changes import Change
from services.consultation.context import context_of
from services.consultation.queue import examples
from services.consultation.queue.models import FiltersModel, RemovedView, SavedView, SavedViews, ViewRequest
from services.consultation.queue.once import once
from services.consultation.queue.saved_views import NewView, list_views, remove_view, save_view
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.idempotency import OnceOnly

router = APIRouter(tags=["queue"])

ViewId = Annotated[uuid.UUID, Path(alias="viewId", description="From the list / Ur listan")]


@router.get(
    "/queue/views",
    response_model=SavedViews,
    responses={200: {"content": {"application/json": {"example": examples.VIEWS}}}},
    summary="Saved views / Sparade vyer",
)
async def list_saved_views(request: Request, caller: Worker) -> Response:
    """One's own views, and those that colleagues have shared.

    Egna vyer, och de som kollegor har delat.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await list_views(connection, caller.organisation, caller.actor or "")
    links = {"self": {"href": f"{context.base_url}/queue/views"}}
    return context.json(SavedViews(views=[_view(row, caller.actor or "") for row in rows], links=links))


@router.post(
    "/queue/views",
    status_code=201,
    response_model=SavedView,
    responses={201: {"content": {"application/json": {"example": examples.SAVED_VIEW}}}},
    summary="Save a view / Spara en vy",
)
async def save_a_view(
    request: Request,
    caller: Worker,
    body: Annotated[ViewRequest, Depends(JsonBody(ViewRequest, examples.VIEW))],
    attempt: OnceOnly,
) -> Response:
    """Filters with a name, for oneself or shared with the colleagues; at most 50 of each. Nothing about a person
    belongs in a name.

    Filter med ett namn, för egen del eller delade med kollegorna; högst 50 av varje. Ingenting om en person hör hemma
    i ett namn.
    """
    body.filters.filters()
    context = context_of(request)

    async def work(connection: AsyncConnection, change: Change) -> Response:
        filters = body.filters.model_dump(mode="json", by_alias=True)
        view = NewView(uuid.uuid4(), caller.actor or "", body.name, body.shared, filters, change.at)
        await save_view(connection, caller.organisation, view)
        model = SavedView(
            view_id=view.id, name=view.name, shared=view.shared, own=True, filters=body.filters, created_at=view.at
        )
        return context.json(model, 201, {"Location": f"{context.base_url}/queue/views"})

    return await once(request, caller, attempt, work)


@router.delete(
    "/queue/views/{viewId}",
    response_model=RemovedView,
    responses={200: {"content": {"application/json": {"example": examples.REMOVED_VIEW}}}},
    summary="Remove a view / Ta bort en vy",
)
async def remove_a_view(request: Request, caller: Worker, view_id: ViewId) -> Response:
    """Only who saved a view can remove it, shared or not.

    Bara den som sparade en vy kan ta bort den, delad eller inte.
    """
    context = context_of(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        await remove_view(connection, caller.organisation, caller.actor or "", view_id)
    return context.json(RemovedView(view_id=view_id))


def _view(row: Row[Any], handler: str) -> SavedView:
    return SavedView(
        view_id=row.id,
        name=row.name,
        shared=row.shared,
        own=row.handler == handler,
        filters=FiltersModel.model_validate(row.filters),
        created_at=row.created_at,
    )
