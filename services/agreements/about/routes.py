"""`/api-info` of the national REST API profile. Public."""

from typing import Any

from fastapi import APIRouter

from services.agreements.wire import Day, answered
from services.agreements.wiring import Wired
from shared.http.bodies import WireModel

VERSION = "1.0.0"

router = APIRouter(tags=["about"])


class ApiInfo(WireModel):
    """The members that the profile names."""

    api_name: str
    api_version: str
    api_released: Day
    api_documentation: str
    api_status: str


_EXAMPLE: dict[str, Any] = {
    "apiName": "agreements",
    "apiVersion": VERSION,
    "apiReleased": "2026-11-21",
    "apiDocumentation": "https://samrad.example/docs",
    "apiStatus": "active",
}


@router.get("/api-info", summary="About this API / Om detta API", responses=answered(_EXAMPLE))
async def read_api_info(wired: Wired) -> ApiInfo:
    """Name, version and status. Needs no token.

    Namn, version och status. Kräver ingen token.
    """
    documentation = f"{wired.settings.public_url.rstrip('/')}/docs"
    return ApiInfo.model_validate({**_EXAMPLE, "apiDocumentation": documentation})
