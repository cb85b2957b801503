"""Delegations: a consumer lets a supplier's system act for it, with stated scopes, between two days.

The rights are and remain the consumer's. A supplier has none of its own, and passes none on.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.agreements.organisations.domain import Organisation
from services.agreements.problems import (
    CANNOT_DELEGATE,
    DELEGATION_PERIOD_INVALID,
    SCOPE_NOT_DELEGABLE,
    SUPPLIER_UNKNOWN,
)
from shared.problems import Problem

DELEGABLE = (
    "samrad:agreements.read",
    "samrad:consultations.create",
    "samrad:consultations.manage",
    "samrad:consultations.read",
    "samrad:faq.read",
    "samrad:lookups.create",
    "samrad:lookups.read",
    "samrad:sources.read",
    "samrad:statistics.read",
)
"""What a supplier can do for a consumer. Why the other scopes are not here: docs/decisions/0012."""

LONGEST_DAYS = 1096
"""Three years with a leap day. Both days belong to the period."""


class State(StrEnum):
    """Where a delegation stands on a day."""

    UPCOMING = "upcoming"
    IN_FORCE = "in_force"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Side:
    """An organisation, ten digits, with the name that the register has for it."""

    number: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """As granted. Both days inclusive. `approved_by` and `withdrawn_by` are handlers of the consumer's."""

    id: uuid.UUID
    consumer: Side
    supplier: Side
    scopes: tuple[str, ...]
    valid_from: date
    valid_to: date
    approved_by: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    def state(self, on: date) -> State:
        """A withdrawn one is withdrawn whatever the day."""
        if self.withdrawn_at is not None:
            return State.WITHDRAWN
        if on < self.valid_from:
            return State.UPCOMING
        return State.IN_FORCE if on <= self.valid_to else State.ENDED


@dataclass(frozen=True, slots=True)
class Wish:
    """What a consumer wants to grant. `supplier` is ten digits, both days inclusive."""

    supplier: str
    scopes: tuple[str, ...]
    valid_from: date
    valid_to: date

    def check(self, consumer: Organisation | None, supplier: Organisation | None, today: date) -> None:
        """Raises Problem: 403 for who may not grant or what can't be, 422 for the period, 409 for the supplier.

        `consumer` and `supplier` are as the register knows them today.
        """
        if consumer is None or consumer.kind == "supplier":
            raise Problem(CANNOT_DELEGATE)
        if not set(self.scopes) <= set(DELEGABLE):
            raise Problem(SCOPE_NOT_DELEGABLE, members={"delegableScopes": list(DELEGABLE)})
        days = (self.valid_to - self.valid_from).days + 1
        if self.valid_from < today or not 1 <= days <= LONGEST_DAYS:
            raise Problem(DELEGATION_PERIOD_INVALID, members={"today": today.isoformat(), "maxDays": LONGEST_DAYS})
        if supplier is None or supplier.kind != "supplier":
            raise Problem(SUPPLIER_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Question:
    """May the supplier use all the scopes for the consumer? Organisations are canonical (`0007:…`).

    `delegation` is the one that a token rests on; None asks for any one. Scopes of two are never put together.
    """

    consumer: str
    supplier: str
    scopes: Sequence[str]
    delegation: uuid.UUID | None = None
