"""Change signals on the wire."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from services.consultation.lookups.months import Month
from services.consultation.lookups.payments.domain import Kind, Payment
from services.consultation.lookups.payments.wire import (
    CodedModel,
    MoneyModel,
    PaymentOriginModel,
    told_code,
    told_money,
)
from services.consultation.lookups.signals.domain import (
    Basis,
    Change,
    Changes,
    Compare,
    NotChecked,
    Reason,
    Signal,
    Stream,
)
from services.consultation.lookups.signals.texts import words_of_not_checked, words_of_signal
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.wire import TextsModel
from shared.http.bodies import WireModel

MonthText = Annotated[
    str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", json_schema_extra={"example": "2026-11"}, description="YYYY-MM")
]


class ComparisonModel(WireModel):
    """The month to compare with the two before it."""

    month: MonthText


class StreamModel(WireModel):
    """Payments followed together from month to month. `benefit` is null for all of a supplier's."""

    supplier: str | None
    benefit: CodedModel | None
    kind: Kind


class SignalModel(WireModel):
    """A change between two months: something to look at, and never a decision. `before` and `after` cite the rows."""

    change: Change
    rule_id: str
    source: SourceCode
    payments: StreamModel
    month: str
    compared_month: str
    compare: Compare
    threshold_percent: Annotated[str, Field(description="What a sum may differ / Så mycket får en summa skilja")]
    amount_before: MoneyModel | None
    amount_after: MoneyModel | None
    rows_before: list[PaymentOriginModel]
    rows_after: list[PaymentOriginModel]
    basis: Basis
    texts: TextsModel


class NotCheckedModel(WireModel):
    """What could not be checked, which is not that there is nothing.

    `payments` is null for the source as a whole, and has neither benefit nor rows for all of one supplier's.
    """

    source: SourceCode
    reason: Reason
    month: str | None
    compared_month: str | None
    rule_id: str | None
    payments: StreamModel | None
    rows: list[PaymentOriginModel]
    texts: TextsModel


class ChangesModel(WireModel):
    """Changes between the month asked about and the two before it, latest first."""

    months: list[str]
    signals: list[SignalModel]
    not_checked: list[NotCheckedModel]


def told_changes(changes: Changes) -> ChangesModel:
    """The changes as they leave."""
    return ChangesModel(
        months=[str(each) for each in changes.months],
        signals=[_signal(each) for each in changes.signals],
        not_checked=[_not_checked(each) for each in changes.not_checked],
    )


def _signal(signal: Signal) -> SignalModel:
    words = words_of_signal(signal)
    return SignalModel(
        change=signal.change,
        rule_id=signal.rule.id,
        source=signal.stream.source,
        payments=_stream(signal.stream),
        month=str(signal.month),
        compared_month=str(signal.compared),
        compare=signal.rule.compare,
        threshold_percent=format(signal.rule.threshold_percent, "f"),
        amount_before=told_money(signal.before),
        amount_after=told_money(signal.after),
        rows_before=_rows(signal.rows_before),
        rows_after=_rows(signal.rows_after),
        basis=signal.basis,
        texts=TextsModel(sv=words.sv, en=words.en),
    )


def _not_checked(found: NotChecked) -> NotCheckedModel:
    words = words_of_not_checked(found)
    return NotCheckedModel(
        source=found.source,
        reason=found.reason,
        month=_month(found.month),
        compared_month=_month(found.compared),
        rule_id=found.rule.id if found.rule else None,
        payments=_stream(found.stream) if found.stream else None,
        rows=_rows(found.rows),
        texts=TextsModel(sv=words.sv, en=words.en),
    )


def _stream(stream: Stream) -> StreamModel:
    return StreamModel(supplier=stream.supplier, benefit=told_code(stream.benefit), kind=stream.kind)


def _rows(rows: Sequence[Payment]) -> list[PaymentOriginModel]:
    return [PaymentOriginModel(source=row.source, pointer=row.origin) for row in rows]


def _month(month: Month | None) -> str | None:
    return str(month) if month else None
