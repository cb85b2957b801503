"""Exact sums of payments, and whether two differ by more than a threshold."""

from collections.abc import Sequence
from decimal import Context, Decimal

from services.consultation.lookups.payments.domain import Money, Payment
from services.consultation.lookups.signals.domain import Compare, Reason

# Readers let through 35 digits at most: neither a sum of such nor its product with a percentage is ever rounded.
_EXACT = Context(prec=200)
_WHOLE = Decimal(100)


def summed(rows: Sequence[Payment], compare: Compare) -> Money | Reason:
    """The sum of the amounts that are compared, or why there is none."""
    amounts = [row.gross if compare is Compare.GROSS else row.net for row in rows]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) != len(amounts):
        return Reason.AMOUNT_UNKNOWN
    if len({amount.currency for amount in known}) > 1:
        return Reason.CURRENCIES_DIFFER
    total = Decimal(0)
    for amount in known:
        total = _EXACT.add(total, amount.amount)
    return Money(total, known[0].currency)


def differs(before: Decimal, after: Decimal, threshold_percent: Decimal) -> bool:
    """Whether the change is beyond the threshold: a change of exactly so many percent is not.

    Percent of the size of what was before, whatever its sign. Any change from zero is beyond.
    """
    change = _EXACT.multiply(_EXACT.abs(_EXACT.subtract(after, before)), _WHOLE)
    return _EXACT.compare(change, _EXACT.multiply(threshold_percent, _EXACT.abs(before))) > 0
