"""Payments of FK and PM in one shape.

FK's are in `formansinformation`, with amounts as `{summa, valuta}` and periods as `fran`/`till`. PM's are in
the top-level lists, with whole SEK and periods as `from`/`tom`. Reading one model for both loses payments.
"""

from decimal import Decimal
from typing import Any

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.fk_benefits import extent_of
from services.consultation.lookups.sources.ssbtek.readers.json_fields import Coded, JsonFields
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

_TAX = ("PS", "PST", "SS", "SST", "PF")
_DEBT = ("INF", "KVI", "SKV", "ART", "UTF", "AVB", "INU")
_WITHHELD = ("SOC", "ALA", "UMG", "INC", "INM", "KOA", "OAV", "ÅFA")
_HISTORICAL = ("AFR", "AVR", "FMF", "FUM", "SAV", "ÖVA")
DEDUCTIONS = frozenset((*_TAX, *_DEBT, *_WITHHELD, *_HISTORICAL))
"""FK's amount types that are deductions; the others are benefits. `LefiUtbetalningDetalj`."""

_PM_TAXES = frozenset({"PM:PS", "PM:PST", "PM:SS", "PM:SST"})

_Json = dict[str, Any]


def read(answer: JsonFields, information: JsonFields, notes: Notes) -> _Json:
    """`payments`, made and preliminary, of both suppliers. `deductions` includes tax, at both."""
    return {
        "payments": [
            *(_fk_payment(each, preliminary=False) for each in information.objects("utbetalningsuppgift")),
            *(_fk_payment(each, preliminary=True) for each in information.objects("preliminarautbetalningar")),
            *(_pm_payment(each, notes, preliminary=False) for each in answer.objects("utbetalningar")),
            *(_pm_payment(each, notes, preliminary=True) for each in answer.objects("preliminaraUtbetalningar")),
        ]
    }


def items(content: _Json) -> tuple[str, ...]:
    """`payments` and `preliminaryPayments`, when there are any."""
    kinds = {payment["preliminary"] for payment in content["payments"]}
    return tuple(name for name, kind in (("payments", False), ("preliminaryPayments", True)) if kind in kinds)


def _fk_payment(each: JsonFields, *, preliminary: bool) -> _Json:
    period = each.inner("period")
    return {
        "supplier": "FK",
        "preliminary": preliminary,
        "date": each.date("datum"),
        "from": period.date("fran") if period else None,
        "to": period.date("till") if period else None,
        "execution": each.coded("typ"),
        "payer": each.coded("foretag"),
        "benefitFamily": each.coded("formansfamilj"),
        "gross": each.money("bruttobelopp"),
        "tax": each.money("skattebelopp"),
        "deductions": each.money("avdragsbelopp"),
        "net": each.money("nettobelopp"),
        "rows": [_fk_row(row) for row in each.objects("utbetalningsdetalj")],
    }


def _fk_row(row: JsonFields) -> _Json:
    period = row.inner("period")
    kind = row.coded("beloppstyp")
    extent = row.inner("omfattning")
    return {
        "benefitGroup": None,
        "benefit": row.coded("forman"),
        "amountType": kind,
        "isDeduction": kind is not None and kind["code"] in DEDUCTIONS,
        "from": period.date("fran") if period else None,
        "to": period.date("till") if period else None,
        "extent": extent_of(extent) if extent else None,
        "days": row.integer("dagar"),
        "hours": row.integer("timmar"),
        "gross": row.money("bruttobelopp"),
        "tax": row.money("skattebelopp"),
        "deductions": row.money("avdragsbelopp"),
    }


def _pm_payment(each: JsonFields, notes: Notes, *, preliminary: bool) -> _Json:
    period = each.inner("utbetalningsperiod")
    deducted = [_pm_deduction(row) for row in each.objects("avdrag")]
    taxes = [row for row in deducted if row["amountType"] and row["amountType"]["code"] in _PM_TAXES]
    known = each.raw("avdrag") is not None
    return {
        "supplier": "PM",
        "preliminary": preliminary,
        "date": each.date("utbetalningsdatum"),
        "from": period.date("from") if period else None,
        "to": period.date("tom") if period else None,
        "execution": None,
        "payer": None,
        "benefitFamily": None,
        "gross": each.money("bruttobelopp"),
        "tax": _sum(taxes, notes) if known else None,
        "deductions": _sum(deducted, notes) if known else None,
        "net": each.money("nettobelopp"),
        "rows": [*(_pm_row(row) for row in each.objects("utbetalningsrader")), *deducted],
    }


def _pm_row(row: JsonFields) -> _Json:
    return {
        **_EMPTY_PM_ROW,
        "benefitGroup": row.coded("formansgrupp"),
        "benefit": row.coded("utbetalningsforman"),
        "amountType": row.coded("beloppstyp"),
        "gross": row.money("belopp"),
    }


def _pm_deduction(row: JsonFields) -> _Json:
    kind: Coded | None = row.coded("avdragstyp")
    return {**_EMPTY_PM_ROW, "amountType": kind, "isDeduction": True, "deductions": row.money("belopp")}


_EMPTY_PM_ROW: _Json = {
    "benefitGroup": None,
    "benefit": None,
    "amountType": None,
    "isDeduction": False,
    "from": None,
    "to": None,
    "extent": None,
    "days": None,
    "hours": None,
    "gross": None,
    "tax": None,
    "deductions": None,
}


def _sum(rows: list[_Json], notes: Notes) -> values.Money | None:
    amounts = [row["deductions"] for row in rows]
    if None in amounts:
        notes.loses("no sum", "avdrag")
        return None
    return values.money(str(sum((Decimal(amount["amount"]) for amount in amounts), Decimal(0))))
