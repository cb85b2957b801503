"""Where each element of a golden answer is told, by a table written from the contracts and a reader that isn't ours.

zeep reads AF, SO and FK beside us (tests/contract). For the others there is this: the standard library finds the
elements, and every value of one name is to be found under one key, in the same order.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import pytest

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.unit.lookups.golden_xml import data_of, document_of

pytestmark = pytest.mark.requirement(1)

Told = Callable[[str], Any]


def text(value: str) -> str:
    return value


def day(value: str) -> str | None:
    return None if value == "0" else f"{value[:4]}-{value[4:6]}-{value[6:]}"


def week(value: str) -> str:
    return f"{value[:4]}-W{value[4:]}"


def sek(value: str) -> dict[str, str]:
    whole, _, decimals = value.partition(".")
    return {"amount": f"{whole}.{decimals.ljust(2, '0')}", "currency": "SEK"}


def loan(value: str) -> bool:
    return value == "J"


_AMOUNT: dict[str, tuple[str, Told]] = {"beloppstyp": ("type.code", text), "klartext": ("type.text", text)}
_AMOUNT |= {"belopp": ("amount", sek), "totbelopp": ("total", sek)}
PLACES: Mapping[str, Mapping[str, tuple[str, Told]]] = {
    "csn": {
        "Resultat/ResultatKod": ("result.code", text),
        "Resultat/ResultatText": ("result.text", text),
        "Studiestodstypforteckning/studiemedel": ("counts.studentFinance", int),
        "Studiestodstypforteckning/studiehjalp": ("counts.studyAllowance", int),
        "Studiestodstypforteckning/hemutrustningslan": ("counts.homeEquipmentLoan", int),
        "Studiestodstypforteckning/studiestartsstod": ("counts.studyStartSupport", int),
        "Studiestodstypforteckning/omstallningsstudiestod": ("counts.transitionStudySupport", int),
        "Arende/stodform": ("cases.form.code", text),
        "Arende/klartext": ("cases.form.text", text),
        "Arende/status": ("cases.status", text),
        "Arende/relarende": ("cases.related", text),
        "soktTid/soktfrom": ("cases.applied.from", day),
        "soktTid/sokttom": ("cases.applied.to", day),
        "soktTid/soktomfattning": ("cases.applied.extent", int),
        "soktTid/soktlan": ("cases.applied.loan", loan),
        "BeviljadTid/starttid": ("cases.granted.fromWeek", week),
        "BeviljadTid/sluttid": ("cases.granted.toWeek", week),
        "BeviljadTid/takt": ("cases.granted.pace", int),
        "BeviljadTid/gr_takt": ("cases.granted.grPace", int),
        "BeviljadTid/totbelopp": ("cases.granted.total", sek),
        **{
            f"BeviljadTid/Beloppen/Belopp/{name}": (f"cases.granted.amounts.{key}", how)
            for name, (key, how) in _AMOUNT.items()
        },
        "Utbetalning/utbetdatum": ("cases.payments.date", day),
        "Utbetalning/utbetstatus": ("cases.payments.status", text),
        "Utbetalning/totbelopp": ("cases.payments.total", sek),
        "Utbetaldtid/startvecka": ("cases.payments.parts.fromWeek", week),
        "Utbetaldtid/slutvecka": ("cases.payments.parts.toWeek", week),
        "Utbetaldtid/totbelopp": ("cases.payments.parts.total", sek),
        **{
            f"Utbetaldtid/Beloppen/Belopp/{name}": (f"cases.payments.parts.amounts.{key}", how)
            for name, (key, how) in _AMOUNT.items()
        },
    },
    "skv": {
        "Personuppgift/Fornamn": ("names.given", text),
        "Personuppgift/Mellannamn": ("names.middle", text),
        "Personuppgift/Efternamn": ("names.last", text),
        "Personuppgift/StatusPersonuppgiftKod": ("status", text),
        "Kapitaluppgift/Taxeringsar": ("capital.taxYear", text),
        "Kapitaluppgift/SummaIntakterPaKapital": ("capital.income", sek),
        "Kapitaluppgift/OverskottPaKapital": ("capital.surplus", sek),
    },
    "tns": {
        "data/resultat": ("result", text),
        "fordon/regnr": ("vehicles.registration", text),
        "fordon/fabrikat": ("vehicles.make", text),
        "fordon/fordonsar": ("vehicles.year", text),
        "fordon/fordonsslag": ("vehicles.kind", text),
        "fordon/handelsbeteckning": ("vehicles.model", text),
    },
    "tns_refused": {
        "felresultat/felkod": ("errors.code", text),
        "felresultat/feltext": ("errors.text", text),
    },
    "miv": {
        "response/efternamn": ("person.familyName", text),
        "response/fornamn": ("person.givenName", text),
        "response/hemland": ("homeCountry", text),
        "response/inresedatum": ("entered", lambda value: value[:10]),
        "svar/anledning": ("permits.reason.code", text),
        "svar/anledningNamn": ("permits.reason.text", text),
        "svar/ansokningsdatum": ("permits.applied", lambda value: value[:10]),
        "svar/arendeTyp": ("permits.caseType.code", text),
        "svar/arendeTypNamn": ("permits.caseType.text", text),
        "svar/beslutsKod": ("permits.decision.code", text),
        "svar/beslutsKodNamn": ("permits.decision.text", text),
        "svar/beslutsTyp": ("permits.decisionType.code", text),
        "svar/beslutsTypNamn": ("permits.decisionType.text", text),
        "svar/beslutsdatum": ("permits.decided", lambda value: value[:10]),
        "svar/fromDatum": ("permits.from", lambda value: value[:10]),
        "svar/giltighetstid": ("permits.validity", text),
        "svar/tomDatum": ("permits.to", lambda value: value[:10]),
    },
}


def found(root: ElementTree.Element, path: str) -> Iterator[str]:
    """The texts of the elements at the end of a path, whatever their namespace and wherever it begins."""
    first, *rest = path.split("/")
    for element in root.iter():
        if element.tag.rpartition("}")[2] == first:
            for end in element.findall("/".join(f"{{*}}{name}" for name in rest)):
                if end.text:
                    yield end.text


def at(value: Any, path: str) -> list[Any]:
    """What stands under a key, through lists, without what is not told."""
    rows = [value]
    for key in path.split("."):
        rows = [
            each
            for row in rows
            for each in (row[key] if isinstance(row[key], list) else [row[key]])
            if each is not None
        ]
    return rows


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, places in PLACES.items() for path in places])
def test_what_stands_in_an_element_is_told_under_its_key(name: str, path: str) -> None:
    key, how = PLACES[name][path]
    document = document_of(f"{name}.xml")
    code = SourceCode(name.partition("_")[0].upper())

    written = [how(each) for each in found(ElementTree.fromstring(document), path)]  # noqa: S314 - our own file
    reading = V10.readers[code](data_of(code, document))

    assert written, "the document has the element"
    assert [each for each in written if each is not None] == at(reading.data, key)
