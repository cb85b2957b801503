"""Agreements and their parties."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation, a municipality or all municipalities of a county, by exactly one of the three.

    A municipality has its organisation number too once it has been resolved.
    """

    number: str | None = None
    municipality_code: str | None = None
    county_code: str | None = None

    @property
    def role(self) -> str:
        """What the party takes part as."""
        if self.county_code is not None:
            return "county"
        return "organisation" if self.municipality_code is None else "municipality"


@dataclass(frozen=True, slots=True)
class Known:
    """An organisation that the register holds on the day the agreement begins."""

    number: str | None
    municipality_code: str | None
    county_code: str | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A party as the register knows it, and the organisations behind it: none means that it is unknown."""

    party: Party
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a party asks to have registered. Days inclusive; `signed_on` is set when it is signed."""

    kind: str
    title: str
    signed_on: date | None
    valid_from: date
    valid_to: date | None
    published: bool
    parties: tuple[Party, ...]
    legal_bases: tuple[str, ...]

    @property
    def status(self) -> str:
        """`signed` or `draft`."""
        return "draft" if self.signed_on is None else "signed"


@dataclass(frozen=True, slots=True)
class NamedParty:
    """A party with the name that the register has for it."""

    party: Party
    name: str | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """As registered. `owner` is ten digits. `invented` ones exist in the sandbox only."""

    id: uuid.UUID
    version: int
    owner: str
    kind: str
    title: str
    status: str
    signed_on: date | None
    valid_from: date
    valid_to: date | None
    published: bool
    invented: bool
    legal_bases: tuple[str, ...]
    created_at: datetime
    parties: tuple[NamedParty, ...]

    def in_force(self, on: date) -> bool:
        """Signed, and the day lies within its validity."""
        return self.status == "signed" and self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def resolved(party: Party, known: Sequence[Known]) -> Resolved:
    """The party among the organisations known. A municipality named by its number becomes a municipality."""
    if party.county_code is not None:
        inside = (each.number for each in known if each.county_code == party.county_code)
        return Resolved(party, frozenset(number for number in inside if number is not None))
    for each in known:
        by_number = party.number is not None and party.number == each.number
        if by_number or (party.municipality_code is not None and party.municipality_code == each.municipality_code):
            found = replace(party, number=each.number, municipality_code=each.municipality_code)
            return Resolved(found, frozenset([each.number] if each.number else ()))
    return Resolved(party, frozenset())
