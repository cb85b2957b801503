"""Försäkringskassan's and Pensionsmyndigheten's payments: whole ones, and the rows that take them apart.

The net amount is told of the whole payment only. So the whole is the row that counts, and its benefits and deductions
are rows with `part_of`.
"""

from collections.abc import Iterator
from dataclasses import replace

from services.consultation.lookups.payments.domain import Coded, Kind, Payment, Status
from services.consultation.lookups.payments.values import Json, coded_of, money_of, numbered
from services.consultation.lookups.sources.domain import SourceCode

_BENEFIT_KEYS = ("benefitGroup", "benefit")


def fk_payments(data: Json) -> Iterator[Payment]:
    """The rows of both suppliers, each payment followed by its parts."""
    for origin, each in numbered(data, "payments"):
        rows = list(numbered(each, "rows", origin))
        whole = Payment(
            source=SourceCode.FK,
            origin=origin,
            kind=Kind.PAYMENT,
            supplier=each.get("supplier"),
            benefit=coded_of(each, "benefitFamily") or _common_benefit([row for _, row in rows]),
            status=Status.PRELIMINARY if each.get("preliminary") else Status.PAID,
            date=each.get("date"),
            net=money_of(each, "net"),
            gross=money_of(each, "gross"),
            tax=money_of(each, "tax"),
            deductions=money_of(each, "deductions"),
            first=each.get("from"),
            last=each.get("to"),
        )
        yield whole
        for place, row in rows:
            yield _part(whole, place, row)


def _part(whole: Payment, origin: str, row: Json) -> Payment:
    return replace(
        whole,
        origin=origin,
        part_of=whole.origin,
        kind=Kind.DEDUCTION if row.get("isDeduction") else Kind.PART,
        benefit=next((found for key in _BENEFIT_KEYS if (found := coded_of(row, key))), None),
        sub_benefit=coded_of(row, "amountType"),
        net=None,
        gross=money_of(row, "gross"),
        tax=money_of(row, "tax"),
        deductions=money_of(row, "deductions"),
        first=row.get("from"),
        last=row.get("to"),
    )


def _common_benefit(rows: list[Json]) -> Coded | None:
    """The benefit group of Pensionsmyndigheten's rows when they have one in common: the whole has none of its own."""
    found = {coded_of(row, "benefitGroup") for row in rows if not row.get("isDeduction")}
    return found.pop() if len(found) == 1 else None
