"""The list of payments of a look-up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from services.consultation.lookups.payments.csn import csn_payments
from services.consultation.lookups.payments.domain import Payment
from services.consultation.lookups.payments.fk import fk_payments
from services.consultation.lookups.payments.so import so_payments
from services.consultation.lookups.payments.values import Json
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode

MAPPERS: Mapping[SourceCode, Callable[[Json], Iterator[Payment]]] = {
    SourceCode.CSN: csn_payments,
    SourceCode.FK: fk_payments,
    SourceCode.SO: so_payments,
}
"""The sources that tell of payments. The others have none to tell of."""

_ORDER = {source: place for place, source in enumerate(SourceCode)}


def payments_of(answers: Sequence[SourceAnswer], role: str | None = None) -> tuple[Payment, ...]:
    """The payments in the answers as they leave, by date and then source; those without a date come last.

    A row that takes a payment apart follows it. `role` is set on every row.
    """
    found = [
        row
        for answer in answers
        if answer.data is not None and answer.source in MAPPERS
        for row in MAPPERS[answer.source](answer.data)
    ]
    found.sort(key=lambda row: (row.date is None, row.date or "", _ORDER[row.source]))
    return tuple(replace(row, role=role) for row in found)
