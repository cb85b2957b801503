"""Coverage, counted from the agreements in force. Each municipality counts once, however many cover it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Area:
    """A municipality on the day, and whether an agreement covers it."""

    code: str
    name: str
    county_code: str
    county_name: str
    covered: bool


@dataclass(frozen=True, slots=True)
class CountyCoverage:
    """The same counted per county."""

    code: str
    name: str
    municipalities: int
    covered: int


def not_covered(areas: Sequence[Area]) -> list[Area]:
    """Those without an agreement."""
    return [area for area in areas if not area.covered]


def per_county(areas: Sequence[Area]) -> list[CountyCoverage]:
    """By county code."""
    ordered = sorted(areas, key=lambda area: area.county_code)
    return [_counted(list(group)) for _, group in groupby(ordered, key=lambda area: area.county_code)]


def _counted(areas: Sequence[Area]) -> CountyCoverage:
    covered = sum(area.covered for area in areas)
    return CountyCoverage(areas[0].county_code, areas[0].county_name, len(areas), covered)
