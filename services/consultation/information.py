"""`/api-info`, as the national REST API profile asks (VER.06)."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from services.consultation.wire import Day
from shared.http.bodies import WireModel

router = APIRouter(tags=["api-info"])

VERSION = "1.0.0"
INFORMATION: dict[str, Any] = {
    "apiName": "consultation",
    "apiVersion": VERSION,
    "apiReleased": "2026-11-21",
    "apiDocumentation": "https://samrad.example/docs",
    "apiStatus": "active",
}


class ApiInformation(WireModel):
    """What this API is, and in which phase of its life."""

    api_name: str
    api_version: str
    api_released: Day
    api_documentation: str
    api_status: Annotated[str, Field(description="active, deprecated or retired")]


@router.get(
    "/api-info",
    response_model=ApiInformation,
    responses={200: {"content": {"application/json": {"example": INFORMATION}}}},
    summary="About this API / Om detta API",
)
async def get_api_information() -> dict[str, Any]:
    """Name, version and status. Needs no token.

    Namn, version och status. Kräver ingen token.
    """
    return INFORMATION
