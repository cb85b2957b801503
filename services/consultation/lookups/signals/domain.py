"""Signals of change, and what could not be checked for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.consultation.lookups.months import Month
from services.consultation.lookups.payments.domain import Coded, Kind, Money, Payment
from services.consultation.lookups.sources.domain import SourceCode


class Change(StrEnum):
    """What a signal says of the later month beside the earlier."""

    NEW = "new"
    MISSING = "missing"
    CHANGED = "changed"


class Compare(StrEnum):
    """What of the payments is compared. `presence` asks only whether there are any."""

    NET = "net"
    GROSS = "gross"
    PRESENCE = "presence"


class Basis(StrEnum):
    """Whether a signal rests on paid money alone, or also on what is preliminary or planned."""

    PAID = "paid"
    PRELIMINARY = "preliminary"


class Reason(StrEnum):
    """Why something could not be checked. It never means that there is nothing."""

    NOT_ASKED = "not_asked"
    NOT_READ_IN_FULL = "not_read_in_full"
    PERIOD_NOT_ASKED = "period_not_asked"
    LEFT_OUT = "left_out"
    NO_RULE = "no_rule"
    DATE_UNKNOWN = "date_unknown"
    STATUS_UNKNOWN = "status_unknown"
    NOT_PAID_YET = "not_paid_yet"
    AMOUNT_UNKNOWN = "amount_unknown"
    CURRENCIES_DIFFER = "currencies_differ"
    MONTH_NOT_OVER = "month_not_over"


@dataclass(frozen=True, slots=True)
class Stream:
    """Payments that are followed from month to month together. Without `benefit`, all of the supplier's."""

    source: SourceCode
    supplier: str | None
    benefit: Coded | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """How some payments are compared: the first rule that fits a payment holds for it.

    `supplier` and `benefits` are None when any will do. `by_supplier` follows all benefits of a supplier as one.
    `threshold_percent` is what a sum may differ without a signal, itself included; 0 signals any change.
    `later` are the months that are compared with the one before, counted from the month asked about: 0 and -1.
    In the months of `pause` nothing is expected: they are passed over to the month before them.
    """

    id: str
    source: SourceCode
    supplier: str | None
    benefits: frozenset[str] | None
    kinds: frozenset[Kind]
    compare: Compare
    by_supplier: bool
    threshold_percent: Decimal
    later: tuple[int, ...]
    pause: frozenset[int]

    def fits(self, payment: Payment) -> bool:
        """Whether the payment is of those that the rule is about."""
        code = payment.benefit.code if payment.benefit else None
        return (
            payment.source is self.source
            and payment.kind in self.kinds
            and (self.supplier is None or payment.supplier == self.supplier)
            and (self.benefits is None or code in self.benefits)
        )

    def before(self, month: Month) -> Month:
        """The month that another is compared with."""
        earlier = month.moved(-1)
        while earlier.number in self.pause:
            earlier = earlier.moved(-1)
        return earlier


@dataclass(frozen=True, slots=True)
class Signal:
    """One change between two months. `before` and `after` are None when there is no sum to tell."""

    change: Change
    rule: Rule
    stream: Stream
    month: Month
    compared: Month
    before: Money | None
    after: Money | None
    rows_before: tuple[Payment, ...]
    rows_after: tuple[Payment, ...]

    @property
    def basis(self) -> Basis:
        """Preliminary when any of its rows is not paid."""
        return basis_of((*self.rows_before, *self.rows_after))


@dataclass(frozen=True, slots=True)
class NotChecked:
    """What could not be checked: a source in a month, or some payments of it. `month` is None when it is unknown."""

    source: SourceCode
    reason: Reason
    month: Month | None = None
    compared: Month | None = None
    stream: Stream | None = None
    rule: Rule | None = None
    rows: tuple[Payment, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """The months that were looked at, latest first, and what was found."""

    months: tuple[Month, ...]
    signals: tuple[Signal, ...]
    not_checked: tuple[NotChecked, ...]


def basis_of(rows: Sequence[Payment]) -> Basis:
    """What the rows amount to."""
    return Basis.PAID if all(row.status == "paid" for row in rows) else Basis.PRELIMINARY
