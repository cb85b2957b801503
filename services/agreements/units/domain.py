"""Units, and who handles what on a day.

A unit belongs to a region and a region to the national level. Which unit handles a question follows from the
competence that the question needs and from who asks: a municipality by its code, others by what they are. A move
changes it from a day that has not come, so that what was handled before stays where it was.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.agreements.problems import (
    ALREADY_WITH_UNIT,
    MOVE_HAS_BEGUN,
    MOVE_PERIOD_INVALID,
    MUNICIPALITY_UNKNOWN,
    NOT_OWN_UNITS,
    UNIT_UNKNOWN,
)
from shared.problems import Problem

LONGEST_AHEAD_DAYS = 1096
"""A move is planned at most three years ahead."""


class Level(StrEnum):
    """Where in the tree, from the root."""

    NATIONAL = "national"
    REGION = "region"
    UNIT = "unit"


class Competence(StrEnum):
    """What a question asks of who handles it. Each is a queue of its own."""

    GENERAL = "general"
    EMPLOYER = "employer"
    STUDIES = "studies"
    CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True)
class Unit:
    """As it is on a day. `owner` is the ten digits of the authority whose unit it is; the root has no parent.

    Both days belong to the validity of its name and place. `invented` ones exist in the sandbox only.
    """

    code: str
    owner: str
    level: Level
    name: str
    parent: str | None
    invented: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Route:
    """The unit that handles a municipality's questions of a competence on a day; None when none is assigned.

    Both days belong to the validity. `valid_to` is known when a later move is.
    """

    municipality_code: str
    municipality_name: str
    competence: Competence
    unit: str | None
    unit_name: str | None
    region: str | None
    region_name: str | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class AskerRoute:
    """Others that a unit handles: a kind of organisations, or one organisation by its ten digits."""

    kind: str | None
    number: str | None
    competence: Competence
    valid_from: date


@dataclass(frozen=True, slots=True)
class HandlingUnit:
    """Who handles a question that needs the competence. `code` is None when no unit is assigned to such questions.

    `region` is the code of the unit's region, None for what is handled nationally.
    """

    code: str | None
    name: str | None
    region: str | None
    competence: Competence


class MoveState(StrEnum):
    """Where a move stands on a day."""

    PLANNED = "planned"
    BEGUN = "begun"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Move:
    """A municipality's questions of a competence go to another unit from a day on.

    `previous_unit` has them the day before, None when no unit does. `made_by` and `withdrawn_by` are handlers of the
    owner's.
    """

    id: uuid.UUID
    municipality_code: str
    municipality_name: str | None
    competence: Competence
    previous_unit: str | None
    unit: str
    valid_from: date
    version: int
    made_at: datetime
    made_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    def state(self, today: date) -> MoveState:
        """A withdrawn one is withdrawn whatever the day."""
        if self.withdrawn_at is not None:
            return MoveState.WITHDRAWN
        return MoveState.PLANNED if today < self.valid_from else MoveState.BEGUN

    def check_withdrawal(self, today: date) -> None:
        """Raises Problem 409 once it has begun: what has been handled so was. Another move leads back."""
        if self.state(today) is MoveState.BEGUN:
            raise Problem(MOVE_HAS_BEGUN)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the register holds about a wish on its day, as its owner sees it.

    `owns_units`: the caller's organisation has a tree at all. `unit_exists`: the unit is one of that tree, from the day
    on. `current_unit` would have the questions on the day without the move.
    """

    owns_units: bool
    unit_exists: bool
    municipality_exists: bool
    current_unit: str | None


@dataclass(frozen=True, slots=True)
class MoveWish:
    """What the owner of the units wants."""

    municipality_code: str
    competence: Competence
    unit: str
    valid_from: date

    def check(self, found: Circumstances, today: date) -> None:
        """Raises Problem: 403 for who has no units, 422 for the day, 409 for what does not exist or changes nothing.

        Today is too late: what was opened earlier in the day went to the unit of this morning, and one day has one.
        """
        if not found.owns_units:
            raise Problem(NOT_OWN_UNITS)
        earliest, latest = today + timedelta(days=1), today + timedelta(days=LONGEST_AHEAD_DAYS)
        if not earliest <= self.valid_from <= latest:
            members = {"earliest": earliest.isoformat(), "latest": latest.isoformat()}
            raise Problem(MOVE_PERIOD_INVALID, members=members)
        if not found.municipality_exists:
            raise Problem(MUNICIPALITY_UNKNOWN)
        if not found.unit_exists:
            raise Problem(UNIT_UNKNOWN)
        if found.current_unit == self.unit:
            raise Problem(ALREADY_WITH_UNIT)
