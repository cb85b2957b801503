"""What the simulated year is drawn from: `year.json`, read once."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from services.consultation.consultations.domain import Channel, ConsultationType
from services.consultation.question_categories import QuestionCategory

Wait = Literal["municipality", "person", "meeting", "switchboard"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class TypeOfQuestion(_Part):
    """`minutes` is the median of a handler's own time; the others are shares of 1, `physical` of its meetings."""

    share: float
    minutes: float
    spread: float
    secrecy: float
    ask_back: float
    person: float
    meeting: float
    physical: float


class Waiting(_Part):
    """How long is waited: the median in working days, and the spread of its logarithm."""

    days: float
    spread: float


class PlannedIntervention(_Part):
    """What the authority says that it does to shorten lead times, `after` a share of the year; without units in all."""

    name: str
    after: float
    units: tuple[str, ...]


class Parameters(_Part):
    """Weights need not sum to anything; shares are of 1. `load` is how busy a unit is over the year, from and to."""

    about: str
    largest_share: float
    zipf_exponent: float
    months: tuple[float, ...]
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    channels: Mapping[Channel, float]
    categories: Mapping[QuestionCategory, float]
    types: Mapping[ConsultationType, TypeOfQuestion]
    target_hours: Mapping[ConsultationType, float]
    waits: Mapping[Wait, Waiting]
    answered_at_once: float
    call_back: float
    call_back_fails: float
    meeting_missed: float
    physical_in_vain: float
    physical_refused: float
    triaged: float
    rejected: float
    withdrawn: float
    reopened: float
    corrected: float
    registered_late: float
    closed: float
    attention: float
    load: tuple[float, float]
    holiday_weeks: int
    sick_share: float
    interventions: tuple[PlannedIntervention, ...]


@cache
def parameters() -> Parameters:
    """As the file says."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("year.json").read_text("utf-8"))
    return Parameters.model_validate(document)
