"""Organisations and the areas that they answer for."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Organisation:
    """`number` is ten digits, None when no open source gives it. `invented` ones exist in the sandbox only."""

    code: str
    number: str | None
    kind: str
    name: str
    name_en: str | None
    abbreviation: str | None
    municipality_code: str | None
    municipality_name: str | None
    county_code: str | None
    county_name: str | None
    invented: bool


@dataclass(frozen=True, slots=True)
class Municipality:
    """`code` is Statistics Sweden's four digits, the first two of them the county's."""

    code: str
    name: str
    county_code: str
    county_name: str
    number: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class County:
    """With the number of municipalities in it on the day asked about."""

    code: str
    name: str
    municipalities: int
    valid_from: date
    valid_to: date | None
