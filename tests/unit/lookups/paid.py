"""Answers with payments in them, as the readers make them, for the tests of payments and change signals."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode, SourceState

Json = dict[str, Any]
HALF_YEAR = Period(date(2026, 4, 1), date(2026, 11, 30))


def answer(
    source: SourceCode,
    data: Mapping[str, Any] | None,
    *,
    state: SourceState = SourceState.ANSWERED,
    period: Period | None = HALF_YEAR,
    left_out: tuple[str, ...] = (),
) -> SourceAnswer:
    """What a source answered about the period."""
    return SourceAnswer(source, state, asked_period=period, left_out=left_out, data=data)


def money(amount: str | None, currency: str = "SEK") -> Json | None:
    """An amount as the readers tell it."""
    return None if amount is None else {"amount": amount, "currency": currency}


def fk_paid(
    day: str | None,
    net: str | None = "5601.50",
    benefit: str = "AS",
    *,
    preliminary: bool = False,
    currency: str = "SEK",
    text: str = "Aktivitetsstöd",
    rows: tuple[Json, ...] = (),
) -> Json:
    """One of Försäkringskassan's payments."""
    return {
        "supplier": "FK",
        "preliminary": preliminary,
        "date": day,
        "from": "2026-10-01",
        "to": "2026-10-31",
        "execution": {"code": "1", "text": "Månad"},
        "payer": {"code": "1001", "text": "Försäkringskassan"},
        "benefitFamily": {"code": benefit, "text": text},
        "gross": money("8030.00"),
        "tax": money("1928.50"),
        "deductions": money("2428.50"),
        "net": money(net, currency),
        "rows": list(rows),
    }


def pm_paid(day: str, net: str = "7470.00", group: str = "PM:AP", *, preliminary: bool = False) -> Json:
    """One of Pensionsmyndigheten's payments, whose benefit is told on its rows alone."""
    return {
        **fk_paid(day, net, preliminary=preliminary),
        "supplier": "PM",
        "execution": None,
        "payer": None,
        "benefitFamily": None,
        "rows": [
            row(benefitGroup={"code": group, "text": None}, gross=money(net)),
            row(amountType={"code": "PM:PS", "text": None}, isDeduction=True, deductions=money("1650.00")),
        ],
    }


def row(**told: Any) -> Json:
    """A row of a payment of either supplier."""
    names = ("benefitGroup", "benefit", "amountType", "from", "to", "extent", "days", "hours", "gross", "tax")
    return {**dict.fromkeys(names), "deductions": None, "isDeduction": False, **told}


def fk(*payments: Json, **more: Any) -> SourceAnswer:
    """Försäkringskassan's answer."""
    return answer(SourceCode.FK, {"suppliers": [], "deviations": [], "payments": list(payments)}, **more)


def so_paid(day: str | None, net: str | None = "10740.00") -> Json:
    """One of a fund's payments."""
    return {
        "date": day,
        "netAfterTax": money("11240.00"),
        "netAfterDeductions": money(net),
        "days": "21.50",
        "from": "2026-10-01",
        "to": "2026-10-31",
    }


def fund(name: str, *payments: Json) -> Json:
    """A fund and its payments."""
    return {"name": name, "status": "OK", "payments": list(payments), "suspensions": [], "application": None}


def so(*payments: Json, **more: Any) -> SourceAnswer:
    """The answer of one fund."""
    return funds(fund("Exempelkassan", *payments), **more)


def funds(*told: Json, **more: Any) -> SourceAnswer:
    """The answer of several funds."""
    return answer(SourceCode.SO, {"funds": list(told)}, **more)


def csn_paid(day: str | None, amounts: Mapping[str, str | None], status: str | None = "Utbetald") -> Json:
    """One of CSN's payments: amounts by type."""
    told = [
        {"type": {"code": kind, "text": kind.title()}, "amount": money(amount), "total": money(amount)}
        for kind, amount in amounts.items()
    ]
    part = {"fromWeek": "2026-W40", "toWeek": "2026-W44", "amounts": told, "total": money("12184.00")}
    return {"date": day, "status": status, "parts": [part], "total": money("12184.00")}


def csn(form: str, *payments: Json, **more: Any) -> SourceAnswer:
    """CSN's answer: one case of one form of support."""
    case = {
        "kind": "studentFinance",
        "number": "1",
        "form": {"code": form, "text": "Studiestöd"},
        "status": "BESLUTAD",
        "applied": [],
        "granted": [],
        "payments": list(payments),
    }
    return answer(SourceCode.CSN, {"cases": [case]}, **more)
