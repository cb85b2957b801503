"""Wire models of calendars and targets, as versions with the day on which they begin."""

import uuid
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import Row

from services.consultation.clocks.opening_wire import OpeningModel, read_stored
from services.consultation.consultations.domain import ConsultationType
from services.consultation.wire import Day, Instant
from shared.http.bodies import WireModel

UnitCode = Annotated[
    str,
    StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,39}$"),
    Field(json_schema_extra={"example": "umea"}),
]
Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class CalendarBody(WireModel):
    """From `validFrom` the unit is open like this; with null, by the national hours again."""

    unit: UnitCode
    valid_from: Day
    opening: OpeningModel | None


class TargetBody(WireModel):
    """From `validFrom` questions of the type are to be answered in so much working time.

    Without a unit it is for every unit that has none of its own; with null, there no longer is one.
    """

    unit: UnitCode | None = None
    type: ConsultationType
    valid_from: Day
    working_minutes: Annotated[int, Field(strict=True, ge=1, le=30_000)] | None


class CalendarVersionModel(WireModel):
    """One version. Of two that begin on the same day the one recorded last counts."""

    version_id: uuid.UUID
    unit: str
    valid_from: Day
    recorded_at: Instant
    opening: OpeningModel | None


class TargetVersionModel(WireModel):
    """One version. Of two that begin on the same day the one recorded last counts."""

    version_id: uuid.UUID
    unit: str | None
    type: str
    valid_from: Day
    recorded_at: Instant
    working_minutes: int | None


class CalendarList(WireModel):
    """Every version, by unit and the day on which it begins."""

    calendars: list[CalendarVersionModel]
    links: Links


class DefaultTarget(WireModel):
    """What holds for a type where neither the unit nor all of them have a target."""

    type: ConsultationType
    working_minutes: int


class TargetList(WireModel):
    """Every version, those for all units first, and what holds where there is none."""

    targets: list[TargetVersionModel]
    defaults: list[DefaultTarget]
    links: Links


def calendar_model(row: Row[Any]) -> CalendarVersionModel:
    """A row as it is told. Who recorded it stands in the trail."""
    return CalendarVersionModel(
        version_id=row.id,
        unit=row.unit,
        valid_from=row.valid_from,
        recorded_at=row.recorded_at,
        opening=None if row.rules is None else read_stored(row.rules),
    )


def target_model(row: Row[Any]) -> TargetVersionModel:
    """A row as it is told."""
    return TargetVersionModel(
        version_id=row.id,
        unit=row.unit,
        type=row.type,
        valid_from=row.valid_from,
        recorded_at=row.recorded_at,
        working_minutes=None if row.seconds is None else row.seconds // 60,
    )


_WEEK = {day: {"opens": "08:00", "closes": "16:30"} for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
CALENDAR_BODY: dict[str, Any] = {
    "unit": "umea",
    "validFrom": "2027-01-01",
    "opening": {
        "week": {**_WEEK, "saturday": None, "sunday": None},
        "closedDays": ["2027-02-12"],
        "halfDays": [{"on": None, "rule": "day_before_holiday", "closes": "13:00"}],
    },
}
TARGET_BODY: dict[str, Any] = {
    "unit": "umea",
    "type": "consultation",
    "validFrom": "2027-01-01",
    "workingMinutes": 1080,
}
_VERSION = {"versionId": "5f3f1c9a-9a57-4b1e-8a3e-6f1f0f6b7c21", "recordedAt": "2026-11-20T09:12:00Z"}
CALENDAR: dict[str, Any] = {**_VERSION, **CALENDAR_BODY}
TARGET: dict[str, Any] = {**_VERSION, **TARGET_BODY}
_BASE = "https://samrad.example/consultation/v1"
CALENDARS: dict[str, Any] = {"calendars": [CALENDAR], "_links": {"self": {"href": f"{_BASE}/unit-calendars"}}}
TARGETS: dict[str, Any] = {
    "targets": [TARGET],
    "defaults": [{"type": "consultation", "workingMinutes": 1620}],
    "_links": {"self": {"href": f"{_BASE}/unit-targets"}},
}
