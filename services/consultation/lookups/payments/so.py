"""The unemployment funds' payments.

A fund tells two nets: after tax, and after tax and deductions. The second is what was paid out, and so the `net` here,
as at Försäkringskassan. What was deducted is not told as an amount, and is not computed from the two.
"""

from collections.abc import Iterator

from services.consultation.lookups.payments.domain import Kind, Payment, Status
from services.consultation.lookups.payments.values import Json, money_of, numbered
from services.consultation.lookups.sources.domain import SourceCode


def so_payments(data: Json) -> Iterator[Payment]:
    """One row a payment. A fund tells of no benefit, and of nothing that is not paid."""
    for place, fund in numbered(data, "funds"):
        for origin, each in numbered(fund, "payments", place):
            yield Payment(
                source=SourceCode.SO,
                origin=origin,
                kind=Kind.PAYMENT,
                supplier=fund.get("name"),
                status=Status.PAID,
                date=each.get("date"),
                net=money_of(each, "netAfterDeductions"),
                first=each.get("from"),
                last=each.get("to"),
            )
