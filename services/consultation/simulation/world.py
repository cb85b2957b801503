"""Who asks and who answers: municipalities by size, and the units of the answering authority with their handlers."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from random import Random

from services.consultation.simulation.parameters import Parameters
from services.consultation.simulation.working_days import WorkingDays

_LARGEST = "0180"
_DIVIDED_COUNTY = "01"
_LEAST_HANDLERS = 2


@dataclass(frozen=True, slots=True)
class Municipality:
    """`organisation` in canonical form, `unit` is who handles its questions, `weight` its part of all questions."""

    code: str
    name: str
    county: str
    organisation: str
    unit: str
    weight: float


@dataclass(frozen=True, slots=True)
class Handler:
    """`present` tells for each working day whether the handler works; `leaves` are days on which a long absence
    begins."""

    name: str
    present: tuple[bool, ...]
    leaves: frozenset[int]


@dataclass(frozen=True, slots=True)
class Unit:
    """`pace` is how many seconds of the axis a second of a handler's own work takes: the rest is other work."""

    code: str
    handlers: tuple[Handler, ...]
    pace: float


def read_municipalities(file: Path, chosen: Parameters) -> tuple[Municipality, ...]:
    """Those of the file (`code`, `name`, `county_code`, `organisation_number`), the largest first."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = sorted(csv.DictReader(opened), key=lambda row: (row["code"] != _LARGEST, row["organisation_number"]))
    ranks = [(rank + 1) ** -chosen.zipf_exponent for rank in range(len(rows) - 1)]
    weights = [chosen.largest_share, *((1 - chosen.largest_share) * each / sum(ranks) for each in ranks)]
    return tuple(
        Municipality(
            row["code"],
            row["name"],
            row["county_code"],
            f"0007:{row['organisation_number']}",
            _unit_of(row["code"], row["county_code"]),
            weight,
        )
        for row, weight in zip(rows, weights, strict=True)
    )


def _unit_of(code: str, county: str) -> str:
    """As in the sandbox's register: a unit a county, and two in the largest."""
    if county != _DIVIDED_COUNTY:
        return f"af-{county}"
    return "af-01-a" if code == _LARGEST else "af-01-b"


def staff(code: str, work_seconds: float, days: WorkingDays, chosen: Parameters, random: Random) -> Unit:
    """A unit for the handlers' own time of a year: so busy as is drawn, whatever its size."""
    load = random.uniform(*chosen.load)
    year_seconds = days.seconds * (1 - chosen.sick_share - chosen.holiday_weeks / 52)
    count = max(_LEAST_HANDLERS, ceil(work_seconds / (year_seconds * load * chosen.attention)))
    handlers = tuple(_handler(f"{code}-{place + 1:02}", days, chosen, random) for place in range(count))
    available = sum(sum(each.present) for each in handlers) * days.day_seconds
    return Unit(code, handlers, load * available / max(work_seconds, 1.0))


def _handler(name: str, days: WorkingDays, chosen: Parameters, random: Random) -> Handler:
    away: set[int] = set()
    leaves: set[int] = set()
    summer = next((place for place, day in enumerate(days.days) if (day.month, day.day) >= (6, 20)), 0)
    holidays = [(summer + 5 * random.randrange(6), chosen.holiday_weeks - 1), (random.randrange(len(days.days)), 1)]
    for first, weeks in holidays:
        leaves.add(first)
        away.update(range(first, first + 5 * weeks))
    for day in range(len(days.days)):
        if random.random() < chosen.sick_share / 2:
            away.update(range(day, day + random.choice((1, 1, 2, 4))))
    return Handler(name, tuple(day not in away for day in range(len(days.days))), frozenset(leaves))


def works(handlers: Sequence[Handler], day: int) -> list[int]:
    """Which of the handlers work on the day; somebody always does."""
    return [place for place, each in enumerate(handlers) if each.present[day]] or [day % len(handlers)]
