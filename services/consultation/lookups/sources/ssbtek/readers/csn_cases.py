"""CSN's support cases: what was applied for, granted and paid, for each kind of support."""

from typing import Any

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.fields import Fields, listed
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import Element

KINDS = {
    "Studiemedel": "studentFinance",
    "Studiehjalp": "studyAllowance",
    "HemutrustningsLan": "homeEquipmentLoan",
    "Studiestartsstod": "studyStartSupport",
    "Omstallningsstudiestod": "transitionStudySupport",
}
_CASE = frozenset({"stodform", "klartext", "status", "UtbetalningsPlan"})
_CASE_OPTIONAL = frozenset({"relarende", "soktaTider", "BeviljadeTider"})
_APPLIED = frozenset({"soktfrom", "sokttom", "soktomfattning"})
_APPLIED_OPTIONAL = frozenset({"soktlan"})
_GRANTED = frozenset({"starttid", "sluttid", "Beloppen", "totbelopp"})
_GRANTED_OPTIONAL = frozenset({"takt", "gr_takt"})
_PAYMENT = frozenset({"utbetdatum", "utbetstatus", "Utbetaldatider", "totbelopp"})
_PAID = frozenset({"Beloppen", "totbelopp"})
_PAID_OPTIONAL = frozenset({"startvecka", "slutvecka"})
_AMOUNT = frozenset({"beloppstyp", "klartext", "belopp", "totbelopp"})
_NOT_SET = "0"

_Json = dict[str, Any]


def read_cases(person: Fields, notes: Notes) -> list[_Json]:
    """Every case of the person, in the order of the answer."""
    return [
        _case(element, kind, notes)
        for name, kind in KINDS.items()
        for element in listed(listed(person.many(name), "Arenden", notes), "Arende", notes)
    ]


def _case(element: Element, kind: str, notes: Notes) -> _Json:
    fields = Fields(element, notes, _CASE, _CASE_OPTIONAL)
    applied = listed(fields.many("soktaTider"), "soktTid", notes)
    granted = listed(fields.many("BeviljadeTider"), "BeviljadTid", notes)
    payments = listed(fields.many("UtbetalningsPlan"), "Utbetalning", notes)
    return {
        "kind": kind,
        "number": element.get("lopnummer"),
        "form": {"code": fields.text("stodform"), "text": fields.text("klartext")},
        "status": fields.text("status"),
        "applied": [_applied(Fields(each, notes, _APPLIED, _APPLIED_OPTIONAL)) for each in applied],
        "granted": [_granted(Fields(each, notes, _GRANTED, _GRANTED_OPTIONAL), notes) for each in granted],
        "payments": [_payment(Fields(each, notes, _PAYMENT), notes) for each in payments],
    }


def _applied(fields: Fields) -> _Json:
    return {
        "from": _date(fields, "soktfrom"),
        "to": _date(fields, "sokttom"),
        "extent": fields.integer("soktomfattning"),
        "loan": fields.text("soktlan") == "J",
    }


def _granted(fields: Fields, notes: Notes) -> _Json:
    return {
        "fromWeek": _week(fields, "starttid"),
        "toWeek": _week(fields, "sluttid"),
        "pace": fields.integer("takt"),
        "amounts": _amounts(fields, notes),
        "total": fields.money("totbelopp"),
    }


def _payment(fields: Fields, notes: Notes) -> _Json:
    times = listed(fields.many("Utbetaldatider"), "Utbetaldtid", notes)
    return {
        "date": _date(fields, "utbetdatum"),
        "status": fields.text("utbetstatus"),
        "parts": [_paid(Fields(each, notes, _PAID, _PAID_OPTIONAL), notes) for each in times],
        "total": fields.money("totbelopp"),
    }


def _paid(fields: Fields, notes: Notes) -> _Json:
    return {
        "fromWeek": _week(fields, "startvecka"),
        "toWeek": _week(fields, "slutvecka"),
        "amounts": _amounts(fields, notes),
        "total": fields.money("totbelopp"),
    }


def _amounts(fields: Fields, notes: Notes) -> list[_Json]:
    found = listed(fields.many("Beloppen"), "Belopp", notes)
    return [_amount(Fields(each, notes, _AMOUNT)) for each in found]


def _amount(fields: Fields) -> _Json:
    return {
        "type": {"code": fields.text("beloppstyp"), "text": fields.text("klartext")},
        "amount": fields.money("belopp"),
        "total": fields.money("totbelopp"),
    }


def _date(fields: Fields, name: str) -> str | None:
    # "0" is CSN's way to say that no day is set.
    if fields.text(name) == _NOT_SET:
        return None
    return fields.read(name, values.compact_date, "not a date")


def _week(fields: Fields, name: str) -> str | None:
    if fields.text(name) == _NOT_SET:
        return None
    return fields.read(name, values.compact_week, "not a week")
