"""CSN: back to base64 of `CSNSvar`, contract v4.0."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import etree

from services.consultation.lookups.facade.writers.asked import Asked
from services.consultation.lookups.facade.writers.building import Building
from services.consultation.lookups.sources.domain import SourceAnswer, SourceState
from services.consultation.lookups.sources.ssbtek.readers.csn import NOT_FOUND
from services.consultation.lookups.sources.ssbtek.readers.csn_cases import KINDS
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element

_VERSION = "http://schema.csn.se/v4.0"
_ANSWER = f"{_VERSION}/kommunfraga"
_PERSON = f"{_VERSION}/person"
_TYPES = f"{_VERSION}/csntyper"
_BLANK_STATUS = " " * 10
_BLANK_MARK = " " * 2
_NOT_SET = "0"
_OK = {"code": "0", "text": "OK"}
_WITHOUT_TIMES = "homeEquipmentLoan"

_Json = Mapping[str, Any]
_Write = Callable[[Building, _Json], None]


def write_csn(answer: SourceAnswer, asked: Asked) -> Element:
    """See Writer. A logical error is told by its result, without a person."""
    content = answer.data or {}
    root = Building(etree.Element(f"{{{_ANSWER}}}CSNSvar"), _ANSWER)
    root.element.set("schemaVersion", content.get("schemaVersion", "4.0") or "")
    _write_result(root.inner("GemensamtSvarEkbistand"), answer)
    root.inner("GemensamtFragaEkbistand")
    persons = root.inner("Personer")
    if _has_person(content, asked) and answer.state is not SourceState.LOGICAL_ERROR:
        _write_person(persons.inner("Person"), content, asked)
    data = Building.data(V10.namespace)
    document = etree.tostring(root.element, encoding="UTF-8", xml_declaration=True)
    data.text("svar", b64encode(document).decode("ascii"))
    return data.element


def _write_result(common: Building, answer: SourceAnswer) -> None:
    if answer.state is SourceState.LOGICAL_ERROR:
        told: _Json = {"code": answer.code, "text": next(iter(answer.messages), None)}
    else:
        told = (answer.data or {}).get("result", _OK)
    if told["code"] is not None:
        result = common.inner("Resultat")
        result.text("ResultatKod", told["code"])
        result.text("ResultatText", told["text"])


def _has_person(content: _Json, asked: Asked) -> bool:
    # A purpose may leave out how the person was found. CSN's form of a number has no place for a samordningsnummer.
    if "person" not in content:
        return bool(content.get("cases")) or not asked.person.is_coordination_number
    return content["person"] is not None


def _write_person(written: Building, content: _Json, asked: Asked) -> None:
    number = asked.person.reveal()
    told = content.get("person", {"status": None if content.get("cases") else NOT_FOUND, "secrecy": None})
    written.element.set("sekel", number[:2])
    written.element.set("personnummer", number[2:])
    written.element.set("Status", told["status"] or _BLANK_STATUS)
    written.element.set("sekretess", told["secrecy"] or _BLANK_MARK)
    cases = content.get("cases") or []
    # What is left out is not announced either.
    counts = content["counts"] if "counts" in content else _counted(cases)
    if counts is not None:
        announced = written.inner("Studiestodstypforteckning", _PERSON)
        for name, kind in KINDS.items():
            announced.inner(name.lower(), _TYPES).element.text = _text(counts[kind])
    for name, kind in KINDS.items():
        support = written.inner(name, _PERSON).inner("Arenden")
        for case in cases:
            if case["kind"] == kind:
                _write_case(support.inner("Arende"), case, f"{_VERSION}/{name.lower()}")


def _counted(cases: Iterable[_Json]) -> dict[str, int]:
    kinds = [case["kind"] for case in cases]
    return {kind: kinds.count(kind) for kind in KINDS.values()}


def _write_case(arende: Building, case: _Json, namespace: str) -> None:
    form = case.get("form") or {"code": None, "text": None}
    number, borrower = case.get("number", _NOT_SET), case.get("coBorrower")
    if number is not None:
        arende.element.set("lopnummer", number)
    if borrower is not None:
        arende.element.set("medlanare", borrower)
    own = Building(arende.element, namespace)
    own.known("stodform", form["code"])
    own.text("klartext", form["text"])
    own.text("status", case.get("status") or _BLANK_STATUS)
    own.known("relarende", case.get("related"))
    if case["kind"] != _WITHOUT_TIMES:
        _write_all(own.inner("soktaTider"), "soktTid", case.get("applied"), _write_applied)
        _write_all(own.inner("BeviljadeTider"), "BeviljadTid", case.get("granted"), _write_granted)
    _write_all(own.inner("UtbetalningsPlan"), "Utbetalning", case.get("payments"), _write_payment)


def _write_all(group: Building, name: str, told: Iterable[_Json] | None, write: _Write) -> None:
    for each in told or ():
        # The values of the rows are of CSN's common types, whatever the kind of support.
        write(Building(group.inner(name).element, _TYPES), each)


def _write_applied(written: Building, told: _Json) -> None:
    written.text("soktfrom", _day(told["from"]))
    written.text("sokttom", _day(told["to"]))
    written.known("soktomfattning", told["extent"])
    if told["loan"] is not None:
        written.text("soktlan", "J" if told["loan"] else " ")


def _write_granted(written: Building, told: _Json) -> None:
    written.text("starttid", _week(told["fromWeek"]) or _NOT_SET)
    written.text("sluttid", _week(told["toWeek"]) or _NOT_SET)
    written.known("takt", told["pace"])
    written.known("gr_takt", told["grPace"])
    _write_amounts(written, told)


def _write_payment(written: Building, told: _Json) -> None:
    written.text("utbetdatum", _day(told["date"]))
    written.known("utbetstatus", told["status"])
    _write_all(written.inner("Utbetaldatider"), "Utbetaldtid", told["parts"], _write_paid)
    written.known("totbelopp", _kronor(told["total"]))


def _write_paid(written: Building, told: _Json) -> None:
    written.known("startvecka", _week(told["fromWeek"]))
    written.known("slutvecka", _week(told["toWeek"]))
    _write_amounts(written, told)


def _write_amounts(written: Building, told: _Json) -> None:
    _write_all(written.inner("Beloppen"), "Belopp", told["amounts"], _write_amount)
    written.known("totbelopp", _kronor(told["total"]))


def _write_amount(written: Building, told: _Json) -> None:
    written.known("beloppstyp", told["type"]["code"])
    written.text("klartext", told["type"]["text"])
    written.known("belopp", _kronor(told["amount"]))
    written.known("totbelopp", _kronor(told["total"]))


def _day(date: str | None) -> str:
    return date.replace("-", "") if date is not None else _NOT_SET


def _week(week: str | None) -> str | None:
    return week.replace("-W", "") if week is not None else None


def _kronor(money: Mapping[str, str] | None) -> str | None:
    """Whole kronor, as the contract has them, unless there are öre to tell."""
    return money["amount"].removesuffix(".00") if money is not None else None


def _text(count: int | None) -> str:
    return str(count) if count is not None else ""
