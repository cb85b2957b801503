"""CSN's support cases: what was applied for, granted and paid, for each kind of support.

The shapes are those of `csntyper.xsd` and of the schema of each kind of support.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.readers.shapes import Kind, Shape, rows, verbatim
from services.consultation.lookups.sources.ssbtek.xml import Element

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "Studiemedel": "studentFinance",
        "Studiehjalp": "studyAllowance",
        "HemutrustningsLan": "homeEquipmentLoan",
        "Studiestartsstod": "studyStartSupport",
        "Omstallningsstudiestod": "transitionStudySupport",
    }
)
"""The kinds of support, by the name of the element that holds its cases."""

BLANK: Mapping[str, None] = MappingProxyType({"": None})
NOT_SET: Mapping[str, None] = MappingProxyType({"0": None})
"""CSN's way to say that no day or week is set."""

_CASE_STATUSES = ("BESLUTAD", "BESLUTAT", "INITIERAD", "INITIERAT", "AVSLUTAD", "AVSLUTAT")
_PAYMENT_STATUSES = ("Utbetald", "UTBETALAD", "Planerad")
_PACES = (0, 20, 40, 50, 60, 75, 100)

_Json = dict[str, Any]


def _one_of(*codes: str, unset: Mapping[str, Any] = MappingProxyType({})) -> Kind:
    return Kind({code: code for code in codes}.get, unset=unset, tolerate=str)


def _kronor(text: str) -> values.Money | None:
    # Whole kronor by the contract; the long way round is for what breaks it.
    if text.isdecimal() and text.isascii() and text[0] != "0":
        return values.whole_kronor(text)
    return values.money(text)


_TEXT = Kind(verbatim, unset=BLANK)
_CODE = Kind(verbatim)
_DATE = Kind(values.compact_date, "not a date", NOT_SET)
_WEEK = Kind(values.compact_week, "not a week", NOT_SET)
_MONEY = Kind(_kronor, "not an amount")
_NUMBER = Kind(values.integer, "not a whole number")
_PACE = Kind({str(pace): pace for pace in _PACES}.get, "not a whole number", tolerate=values.integer)
_LOAN = Kind({"J": True}.get, unset=MappingProxyType({"": False}))

_HEAD = {"stodform": _CODE, "klartext": _TEXT, "status": _one_of(*_CASE_STATUSES, unset=BLANK)}
_PLAN = ("UtbetalningsPlan",)
_STUDIES = ("soktaTider", "BeviljadeTider", *_PLAN)
_RELATED = frozenset({"relarende"})
_STUDY_CASE = Shape(_HEAD | {"relarende": _CODE}, _STUDIES, optional=_RELATED)
_CASES: Mapping[str, Shape] = {
    "Studiemedel": _STUDY_CASE,
    "Studiehjalp": _STUDY_CASE,
    "HemutrustningsLan": Shape(_HEAD, _PLAN),
    "Studiestartsstod": _STUDY_CASE,
    "Omstallningsstudiestod": Shape(_HEAD, _STUDIES),
}
_APPLIED = Shape(
    {"soktfrom": _DATE, "sokttom": _DATE, "soktomfattning": _PACE, "soktlan": _LOAN},
    optional=frozenset({"soktlan"}),
)
_GRANTED = Shape(
    {"starttid": _WEEK, "sluttid": _WEEK, "takt": _PACE, "gr_takt": _NUMBER, "totbelopp": _MONEY},
    ("Beloppen",),
    optional=frozenset({"takt", "gr_takt"}),
)
_PAYMENT = Shape(
    {"utbetdatum": _DATE, "utbetstatus": _one_of(*_PAYMENT_STATUSES), "totbelopp": _MONEY}, ("Utbetaldatider",)
)
_PAID = Shape(
    {"startvecka": _WEEK, "slutvecka": _WEEK, "totbelopp": _MONEY},
    ("Beloppen",),
    optional=frozenset({"startvecka", "slutvecka"}),
)
_AMOUNT = Shape({"beloppstyp": _CODE, "klartext": _TEXT, "belopp": _MONEY, "totbelopp": _MONEY})


def read_cases(name: str, supports: Sequence[Element], notes: Notes) -> list[_Json]:
    """Every case of one kind of support, named as in KINDS, in the order of the answer."""
    found = rows(rows(supports, "Arenden", notes), "Arende", notes)
    return [_case(element, _CASES[name], KINDS[name], notes) for element in found]


def _case(element: Element, shape: Shape, kind: str, notes: Notes) -> _Json:
    found = shape.read(element, notes).get
    applied = rows(found("soktaTider", ()), "soktTid", notes)
    granted = rows(found("BeviljadeTider", ()), "BeviljadTid", notes)
    payments = rows(found("UtbetalningsPlan", ()), "Utbetalning", notes)
    return {
        "kind": kind,
        "number": _attribute(element, "lopnummer"),
        "form": {"code": found("stodform"), "text": found("klartext")},
        "status": found("status"),
        "related": found("relarende"),
        # The twelve digits of whoever shares a loan for home equipment.
        "coBorrower": _attribute(element, "medlanare"),
        "applied": [_applied(each, notes) for each in applied],
        "granted": [_granted(each, notes) for each in granted],
        "payments": [_payment(each, notes) for each in payments],
    }


def _attribute(element: Element, name: str) -> str | None:
    return (element.get(name) or "").strip() or None


def _applied(element: Element, notes: Notes) -> _Json:
    found = _APPLIED.read(element, notes).get
    return {
        "from": found("soktfrom"),
        "to": found("sokttom"),
        "extent": found("soktomfattning"),
        # Not told for every kind of support: no answer is not the answer no.
        "loan": found("soktlan"),
    }


def _granted(element: Element, notes: Notes) -> _Json:
    found = _GRANTED.read(element, notes).get
    return {
        "fromWeek": found("starttid"),
        "toWeek": found("sluttid"),
        "pace": found("takt"),
        # Called `gr_takt` by the contract, which does not tell what it means.
        "grPace": found("gr_takt"),
        "amounts": _amounts(found("Beloppen", ()), notes),
        "total": found("totbelopp"),
    }


def _payment(element: Element, notes: Notes) -> _Json:
    found = _PAYMENT.read(element, notes).get
    times = rows(found("Utbetaldatider", ()), "Utbetaldtid", notes)
    return {
        "date": found("utbetdatum"),
        "status": found("utbetstatus"),
        "parts": [_paid(each, notes) for each in times],
        "total": found("totbelopp"),
    }


def _paid(element: Element, notes: Notes) -> _Json:
    found = _PAID.read(element, notes).get
    return {
        "fromWeek": found("startvecka"),
        "toWeek": found("slutvecka"),
        "amounts": _amounts(found("Beloppen", ()), notes),
        "total": found("totbelopp"),
    }


def _amounts(groups: Sequence[Element], notes: Notes) -> list[_Json]:
    return [_amount(each, notes) for each in rows(groups, "Belopp", notes)]


def _amount(element: Element, notes: Notes) -> _Json:
    found = _AMOUNT.read(element, notes).get
    return {
        "type": {"code": found("beloppstyp"), "text": found("klartext")},
        "amount": found("belopp"),
        "total": found("totbelopp"),
    }
