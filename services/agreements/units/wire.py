"""What units and routing look like outside."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.agreements.organisations.wire import Kind
from services.agreements.units.domain import AskerRoute, Competence, Level, Route, Unit
from services.agreements.wire import Day, Links, links
from shared.http.bodies import WireModel

UNIT = r"^[a-z0-9][a-z0-9-]{0,39}$"


class UnitAnswer(WireModel):
    """`parent` is the code of what it belongs to, null for the root. Both days belong to the validity; null is open."""

    code: str
    organisation_number: str
    level: Level
    name: str
    parent: str | None
    valid_from: Day
    valid_to: Day | None
    invented: bool
    links: Links


class UnitList(WireModel):
    """The tree on one page: whatever has a parent comes after it."""

    on: Day
    total: int
    items: list[UnitAnswer]
    links: Links


class HandledMunicipality(WireModel):
    """`validTo` is null while no later move is planned."""

    municipality_code: str
    municipality_name: str
    competence: Competence
    valid_from: Day
    valid_to: Day | None


class HandledAsker(WireModel):
    """A kind of organisations, or one of them; the other is null."""

    kind: Kind | None
    organisation_number: str | None
    competence: Competence
    valid_from: Day


class UnitDetail(UnitAnswer):
    """With what it handles on the day."""

    on: Day
    municipalities: list[HandledMunicipality]
    askers: list[HandledAsker]


class RouteAnswer(WireModel):
    """`unit` is null when none is assigned; `region` also for a unit that is not in one."""

    municipality_code: str
    municipality_name: str
    competence: Competence
    unit: str | None
    unit_name: str | None
    region: str | None
    region_name: str | None
    valid_from: Day | None
    valid_to: Day | None


class RoutingAnswer(WireModel):
    """By municipality, all on one page."""

    on: Day
    total: int
    items: list[RouteAnswer]
    links: Links


def unit_answer(unit: Unit, api_url: str) -> UnitAnswer:
    """On the wire."""
    return UnitAnswer.model_validate({**_members(unit), "_links": links(f"{api_url}/units/{unit.code}", {})})


def unit_detail(unit: Unit, on: date, routes: Sequence[Route], askers: Sequence[AskerRoute], self: Links) -> UnitDetail:
    """On the wire, as of the day `on`, which `self` may name."""
    handled = {
        "on": on,
        "municipalities": [_handled(route) for route in routes],
        "askers": [_asker(asker) for asker in askers],
    }
    return UnitDetail.model_validate({**_members(unit), **handled, "_links": self})


def _members(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "organisationNumber": unit.owner,
        "level": unit.level,
        "name": unit.name,
        "parent": unit.parent,
        "validFrom": unit.valid_from,
        "validTo": unit.valid_to,
        "invented": unit.invented,
    }


def _handled(route: Route) -> dict[str, Any]:
    return {
        "municipalityCode": route.municipality_code,
        "municipalityName": route.municipality_name,
        "competence": route.competence,
        "validFrom": route.valid_from,
        "validTo": route.valid_to,
    }


def _asker(asker: AskerRoute) -> dict[str, Any]:
    return {
        "kind": asker.kind,
        "organisationNumber": asker.number,
        "competence": asker.competence,
        "validFrom": asker.valid_from,
    }


def route_answer(route: Route) -> RouteAnswer:
    """On the wire."""
    return RouteAnswer(
        municipality_code=route.municipality_code,
        municipality_name=route.municipality_name,
        competence=route.competence,
        unit=route.unit,
        unit_name=route.unit_name,
        region=route.region,
        region_name=route.region_name,
        valid_from=route.valid_from,
        valid_to=route.valid_to,
    )


_API = "https://samrad.example/agreements/v1"
_UNIT: dict[str, Any] = {
    "code": "af-24",
    "organisationNumber": "2021002114",
    "level": "unit",
    "name": "Enhet Västerbotten (påhittad)",
    "parent": "af-north",
    "validFrom": "2022-01-01",
    "validTo": None,
    "invented": True,
    "_links": {"self": {"href": f"{_API}/units/af-24"}},
}
UNITS_EXAMPLE: dict[str, Any] = {
    "on": "2026-02-02",
    "total": 1,
    "items": [_UNIT],
    "_links": {"self": {"href": f"{_API}/units?on=2026-02-02"}},
}
UNIT_EXAMPLE: dict[str, Any] = {
    **_UNIT,
    "on": "2026-02-02",
    "municipalities": [
        {
            "municipalityCode": "2480",
            "municipalityName": "Umeå",
            "competence": "general",
            "validFrom": "2022-01-01",
            "validTo": None,
        }
    ],
    "askers": [],
    "_links": {"self": {"href": f"{_API}/units/af-24?on=2026-02-02"}},
}
ROUTING_EXAMPLE: dict[str, Any] = {
    "on": "2026-02-02",
    "total": 1,
    "items": [
        {
            "municipalityCode": "2480",
            "municipalityName": "Umeå",
            "competence": "general",
            "unit": "af-24",
            "unitName": "Enhet Västerbotten (påhittad)",
            "region": "af-north",
            "regionName": "Region norr (påhittad)",
            "validFrom": "2022-01-01",
            "validTo": None,
        }
    ],
    "_links": {"self": {"href": f"{_API}/routing?municipalityCode=2480&competence=general&on=2026-02-02"}},
}
