"""Payments on the wire."""

from typing import Annotated

from pydantic import Field

from services.consultation.lookups.payments.domain import Coded, Kind, Money, Payment, Status
from services.consultation.lookups.sources.domain import SourceCode
from shared.http.bodies import WireModel


class MoneyModel(WireModel):
    """An exact amount as a decimal string, and its currency (ISO 4217)."""

    amount: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
    currency: str


class CodedModel(WireModel):
    """The source's own code, verbatim, and its words for it."""

    code: str | None
    text: str | None


class PaymentPeriodModel(WireModel):
    """What a payment is for, as the source tells it: dates, months (`2026-09`) or ISO weeks (`2026-W36`)."""

    from_: Annotated[str | None, Field(alias="from")]
    to: str | None


class PaymentOriginModel(WireModel):
    """Where the row came from: a JSON Pointer (RFC 6901) into the `data` of the source."""

    source: SourceCode
    pointer: str


class PaymentModel(WireModel):
    """One payment, or with `partOf` a part of one, which must not be added to it. Null is what was not told."""

    role: str | None
    source: SourceCode
    supplier: str | None
    benefit: CodedModel | None
    sub_benefit: CodedModel | None
    kind: Kind
    status: Status | None
    status_code: str | None
    date: Annotated[str | None, Field(description="A date, or a month without its day / Datum, eller månad utan dag")]
    net: MoneyModel | None
    gross: MoneyModel | None
    tax: MoneyModel | None
    deductions: Annotated[MoneyModel | None, Field(description="With tax / Med skatt")]
    period: PaymentPeriodModel | None
    origin: PaymentOriginModel
    part_of: Annotated[str | None, Field(description="Pointer to the whole / Pekare till helheten")]


def told_payment(row: Payment) -> PaymentModel:
    """The row as it leaves."""
    return PaymentModel(
        role=row.role,
        source=row.source,
        supplier=row.supplier,
        benefit=told_code(row.benefit),
        sub_benefit=told_code(row.sub_benefit),
        kind=row.kind,
        status=row.status,
        status_code=row.status_code,
        date=row.date,
        net=told_money(row.net),
        gross=told_money(row.gross),
        tax=told_money(row.tax),
        deductions=told_money(row.deductions),
        period=PaymentPeriodModel(from_=row.first, to=row.last) if row.first or row.last else None,
        origin=PaymentOriginModel(source=row.source, pointer=row.origin),
        part_of=row.part_of,
    )


def told_money(money: Money | None) -> MoneyModel | None:
    """The amount, never with an exponent."""
    return MoneyModel(amount=format(money.amount, "f"), currency=money.currency) if money else None


def told_code(coded: Coded | None) -> CodedModel | None:
    """The code and its words."""
    return CodedModel(code=coded.code, text=coded.text) if coded else None
