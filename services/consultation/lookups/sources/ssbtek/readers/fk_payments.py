"""Payments of FK and PM in one shape.

FK's are in `formansinformation`, with amounts as `{summa, valuta}` and periods as `fran`/`till`. PM's are in
the top-level lists, with whole SEK and periods as `from`/`tom`. Reading one model for both loses payments.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.fk_common import PERIOD, PM_PERIOD
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    DATE,
    DIGIT_CODE,
    EXTENT,
    INTEGER,
    KRONOR,
    LETTER_CODE,
    MONEY,
    PM_CODE,
    Value,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Json, Listed, Shape
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

_TAX = ("PS", "PST", "SS", "SST", "PF")
_DEBT = ("INF", "KVI", "SKV", "ART", "UTF", "AVB", "INU")
_WITHHELD = ("SOC", "ALA", "UMG", "INC", "INM", "KOA", "OAV", "ÅFA")
_HISTORICAL = ("AFR", "AVR", "FMF", "FUM", "SAV", "ÖVA")
DEDUCTIONS = frozenset((*_TAX, *_DEBT, *_WITHHELD, *_HISTORICAL))
"""FK's amount types that are deductions; the others are benefits. `LefiUtbetalningDetalj`."""

_PM_TAXES = frozenset({"PM:PS", "PM:PST", "PM:SS", "PM:SST"})

_ROW: Mapping[str, Any] = {
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
"""A row of a payment of either supplier, before anything is read."""

_FK_ROW = Shape(
    {
        "forman": ("benefit", LETTER_CODE),
        "beloppstyp": ("amountType", LETTER_CODE),
        "period": (None, PERIOD),
        "omfattning": ("extent", EXTENT),
        "dagar": ("days", INTEGER),
        "timmar": ("hours", INTEGER),
        "bruttobelopp": ("gross", MONEY),
        "skattebelopp": ("tax", MONEY),
        "avdragsbelopp": ("deductions", MONEY),
    },
    also=_ROW,
)
_FK_PAYMENT = Shape(
    {
        "datum": ("date", DATE),
        "period": (None, PERIOD),
        "typ": ("execution", DIGIT_CODE),
        "foretag": ("payer", DIGIT_CODE),
        "formansfamilj": ("benefitFamily", LETTER_CODE),
        "bruttobelopp": ("gross", MONEY),
        "skattebelopp": ("tax", MONEY),
        "avdragsbelopp": ("deductions", MONEY),
        "nettobelopp": ("net", MONEY),
        "utbetalningsdetalj": ("rows", Listed(_FK_ROW)),
    },
    also={"supplier": "FK", "preliminary": False},
)
_FK_PAYMENTS = Listed(_FK_PAYMENT)

_PM_ROW = Shape(
    {
        "formansgrupp": ("benefitGroup", PM_CODE),
        "utbetalningsforman": ("benefit", PM_CODE),
        "beloppstyp": ("amountType", PM_CODE),
        "belopp": ("gross", KRONOR),
    },
    also=_ROW,
)
_PM_DEDUCTION = Shape(
    {"avdragstyp": ("amountType", PM_CODE), "belopp": ("deductions", KRONOR)}, also={**_ROW, "isDeduction": True}
)
_LISTED_DEDUCTIONS = Listed(_PM_DEDUCTION)
# Null when PM doesn't tell, unlike other lists: a sum is made of it.
_PM_DEDUCTIONS = Value(_LISTED_DEDUCTIONS.read, _LISTED_DEDUCTIONS.write)
_PM_PAYMENT = Shape(
    {
        "utbetalningsdatum": ("date", DATE),
        "utbetalningsperiod": (None, PM_PERIOD),
        "bruttobelopp": ("gross", KRONOR),
        "nettobelopp": ("net", KRONOR),
        "utbetalningsrader": ("rows", Listed(_PM_ROW)),
        "avdrag": ("deducted", _PM_DEDUCTIONS),
    },
    also={
        "supplier": "PM",
        "preliminary": False,
        "execution": None,
        "payer": None,
        "benefitFamily": None,
        "tax": None,
        "deductions": None,
    },
)
_PM_PAYMENTS = Listed(_PM_PAYMENT)


def _fk(*, preliminary: bool) -> Value:
    def read(value: Any, key: str, notes: Notes) -> list[Json]:
        payments = _FK_PAYMENTS.read(value, key, notes)
        for payment in payments:
            payment["preliminary"] = preliminary
            for row in payment["rows"]:
                kind = row["amountType"]
                row["isDeduction"] = kind is not None and kind["code"] in DEDUCTIONS
        return payments

    return Value(read, _FK_PAYMENTS.write, many=True)


def _pm(*, preliminary: bool) -> Value:
    def read(value: Any, key: str, notes: Notes) -> list[Json]:
        payments = _PM_PAYMENTS.read(value, key, notes)
        for payment in payments:
            payment["preliminary"] = preliminary
            deducted = payment.pop("deducted")
            if deducted is not None:
                taxes = [row for row in deducted if row["amountType"] and row["amountType"]["code"] in _PM_TAXES]
                payment["tax"], payment["deductions"] = _sum(taxes, notes), _sum(deducted, notes)
                payment["rows"] += deducted
        return payments

    return Value(read, lambda payments: [_write_pm(each) for each in payments], many=True)


def _write_pm(payment: Mapping[str, Any]) -> Json:
    deducted = [row for row in payment["rows"] if row["isDeduction"]]
    told = deducted or payment["deductions"] is not None
    rows = [row for row in payment["rows"] if not row["isDeduction"]]
    return _PM_PAYMENT.write({**payment, "rows": rows, "deducted": deducted if told else None})


def _sum(rows: list[Json], notes: Notes) -> values.Money | None:
    amounts = [row["deductions"] for row in rows]
    if any(amount is None or amount["currency"] != "SEK" for amount in amounts):
        notes.loses("no sum", "avdrag")
        return None
    return values.money(format(sum((Decimal(amount["amount"]) for amount in amounts), Decimal(0)), "f"))


FK_MADE = _fk(preliminary=False)
"""`utbetalningsuppgift` in `formansinformation`. `deductions` includes tax, as FK has it."""
FK_COMING = _fk(preliminary=True)
"""`preliminarautbetalningar` in `formansinformation`."""
PM_MADE = _pm(preliminary=False)
"""`utbetalningar`. `tax` and `deductions` are sums of PM's deductions, and include tax as FK's do."""
PM_COMING = _pm(preliminary=True)
"""`preliminaraUtbetalningar`."""
