"""A household's members, and what has become of each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.consultation.lookups.domain import Lookup, LookupQuestion
from services.consultation.lookups.roles import Role
from services.consultation.persons.domain import PersonNumber
from services.consultation.problems import HOUSEHOLD_INVALID
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Member:
    """One person: `position` is the place in the request, from 0, and stands for the person from then on."""

    position: int
    role: Role
    question: LookupQuestion


@dataclass(frozen=True, slots=True)
class Household:
    """A household that is asked about. `members` all have its case reference and purpose."""

    id: uuid.UUID
    asked_at: datetime
    case_reference: str
    purpose: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class MemberResult:
    """A person's look-up, or why there is none to tell. Neither when there was nothing to ask."""

    position: int
    lookup: Lookup | None = None
    problem: Problem | None = None


def check_members(members: Sequence[tuple[Role, PersonNumber]]) -> None:
    """Raises Problem that tells the places of the persons that don't fit, and never their numbers."""
    faults = [*_role_faults([role for role, _ in members]), *_repetitions([person for _, person in members])]
    if faults:
        errors = [{"field": field, "reason": reason} for field, reason in faults]
        raise Problem(HOUSEHOLD_INVALID, members={"errors": errors})


def _role_faults(roles: Sequence[Role]) -> list[tuple[str, str]]:
    missing = [] if Role.APPLICANT in roles else [("persons", "no_applicant")]
    places = {role: [place for place, each in enumerate(roles) if each is role] for role in Role}
    return missing + [
        (f"persons.{place}.role", f"several_{role}s")
        for role in (Role.APPLICANT, Role.CO_APPLICANT)
        for place in places[role][1:]
    ]


def _repetitions(persons: Sequence[PersonNumber]) -> list[tuple[str, str]]:
    return [(f"persons.{place}.person", "repeated") for place, each in enumerate(persons) if each in persons[:place]]
