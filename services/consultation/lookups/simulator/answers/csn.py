"""CSN's answers: base64 of `CSNSvar`, contract v4.0."""

from base64 import b64encode
from datetime import date

from lxml import etree

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, paydays, texts
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element

QUESTION = "http://schema.csn.se/v4.0/kommunfraga"
PERSON = "http://schema.csn.se/v4.0/person"
TYPES = "http://schema.csn.se/v4.0/csntyper"
FINANCE = "http://schema.csn.se/v4.0/studiemedel"
_KINDS = ("Studiemedel", "Studiehjalp", "HemutrustningsLan", "Studiestartsstod", "Omstallningsstudiestod")


def payments(question: Question) -> Element:
    """Grant and loan, paid and planned."""
    return _answer(question, _person(question, _case(question)))


def protected(question: Question) -> Element:
    """Payments, with the secrecy mark on the person."""
    return _answer(question, _person(question, _case(question), sekretess="J "))


def nothing(question: Question) -> Element:
    """CSN does not know the person: `Ej träff`, or no person for a number its schema cannot carry."""
    # CSN's pattern has no place for the day of a samordningsnummer.
    if int(question.person[6:8]) > 31:
        return _answer(question)
    return _answer(question, _person(question, Status="Ej träff"))


def refused(question: Question) -> Element:
    """CSN answers with a result code of its own."""
    return _answer(question, result=("-1005", "Felaktigt ärendenummer"))


def broken(question: Question) -> Element:
    """Base64 of something that ends in the middle of an element."""
    return _wrapped(question, b"<CSNSvar schemaVersion='4.0'><Personer><Per")


def _answer(question: Question, *persons: Element, result: tuple[str, str] = ("0", "OK")) -> Element:
    code, text = result
    root = element(
        QUESTION,
        "CSNSvar",
        element(
            QUESTION,
            "GemensamtSvarEkbistand",
            element(QUESTION, "Resultat", *texts(QUESTION, {"ResultatKod": code, "ResultatText": text})),
        ),
        element(QUESTION, "GemensamtFragaEkbistand"),
        element(QUESTION, "Personer", *persons),
        schemaVersion="4.0",
    )
    return _wrapped(question, etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True))


def _wrapped(question: Question, document: bytes) -> Element:
    return data(question, element(question.version.namespace, "svar", b64encode(document).decode("ascii")))


def _person(question: Question, *cases: Element, **attributes: str) -> Element:
    counted = dict.fromkeys((name.lower() for name in _KINDS), "0") | {"studiemedel": str(len(cases))}
    supports = [
        element(PERSON, kind, element(PERSON, "Arenden", *(cases if kind == "Studiemedel" else ()))) for kind in _KINDS
    ]
    marks = {"Status": " " * 10, "sekel": question.person[:2], "personnummer": question.person[2:]}
    return element(
        QUESTION,
        "Person",
        element(PERSON, "Studiestodstypforteckning", *texts(TYPES, counted)),
        *supports,
        **(marks | attributes),
    )


def _case(question: Question) -> Element:
    period = question.periods[SourceCode.CSN]
    applied = {
        "soktfrom": _day(period.first),
        "sokttom": _day(period.last),
        "soktomfattning": "100",
        "soktlan": "J",
    }
    granted = {"starttid": _week(period.first), "sluttid": _week(period.last), "takt": "100"}
    head = {"stodform": "GRUND", "klartext": "Studiemedel för studier i Sverige", "status": "BESLUTAD"}
    *made, planned = paydays(period)
    plan = [*(_payment(day, "Utbetald") for day in made), _payment(planned, "Planerad")]
    return element(
        PERSON,
        "Arende",
        *texts(FINANCE, head),
        element(FINANCE, "soktaTider", element(FINANCE, "soktTid", *texts(TYPES, applied))),
        element(FINANCE, "BeviljadeTider", element(FINANCE, "BeviljadTid", *texts(TYPES, granted), *_amounts())),
        element(FINANCE, "UtbetalningsPlan", *plan),
        lopnummer="1",
    )


def _payment(day: date, status: str) -> Element:
    weeks = {"startvecka": _week(day.replace(day=1)), "slutvecka": _week(day)}
    return element(
        FINANCE,
        "Utbetalning",
        *texts(TYPES, {"utbetdatum": _day(day), "utbetstatus": status}),
        element(TYPES, "Utbetaldatider", element(TYPES, "Utbetaldtid", *texts(TYPES, weeks), *_amounts())),
        element(TYPES, "totbelopp", "12184"),
    )


def _amounts() -> list[Element]:
    grant = {"beloppstyp": "GRUNDB", "klartext": "Bidrag", "belopp": "3884", "totbelopp": "3884"}
    loan = {"beloppstyp": "GRUNDL", "klartext": "Lån", "belopp": "8300", "totbelopp": "8300"}
    amounts = [element(TYPES, "Belopp", *texts(TYPES, each)) for each in (grant, loan)]
    return [element(TYPES, "Beloppen", *amounts), element(TYPES, "totbelopp", "12184")]


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _week(day: date) -> str:
    return day.strftime("%G%V")
