"""A payment as every source's payments are told side by side."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.consultation.lookups.sources.domain import SourceCode


class Kind(StrEnum):
    """What a row is. Only the first four are money of their own; the others take a payment apart."""

    PAYMENT = "payment"
    GRANT = "grant"
    LOAN = "loan"
    UNCLASSIFIED = "unclassified"
    PART = "part"
    DEDUCTION = "deduction"


class Status(StrEnum):
    """Whether the money has left. `preliminary` is computed and `planned` decided, but neither is paid."""

    PAID = "paid"
    PRELIMINARY = "preliminary"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount. `currency` is ISO 4217."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Coded:
    """A source's own code, verbatim, and its own words for it."""

    code: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """One row. What the source does not tell is None: nothing is computed from something else.

    `date` is the day of payment, or its month where the source leaves the day out. `first` and `last` bound what it is
    for, as the source tells it: dates, months, or ISO weeks. `deductions` has tax in it, as at Försäkringskassan.
    `origin` is a JSON Pointer (RFC 6901) into the source's `data`; so is `part_of`, which is set on rows that take
    another row apart and must not be added to it. `status_code` is the source's own word for the status.
    `role` tells who in a household it was paid to.
    """

    source: SourceCode
    origin: str
    kind: Kind
    supplier: str | None = None
    benefit: Coded | None = None
    sub_benefit: Coded | None = None
    status: Status | None = None
    status_code: str | None = None
    date: str | None = None
    net: Money | None = None
    gross: Money | None = None
    tax: Money | None = None
    deductions: Money | None = None
    first: str | None = None
    last: str | None = None
    part_of: str | None = None
    role: str | None = None
