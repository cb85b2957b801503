"""Skatteverket's answers: a string with the XML document that is seen in practice."""

from lxml import etree

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, texts
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element

NAMESPACE = "http://xmls.skatteverket.se/se/skatteverket/zg/instans/standardiseradInformation/1.0"
SERVICE_NAMESPACE = "http://beskattningws.ws.service.bs.zg.rsv.se/"
ROOT = "SvarBeskattningsuppgifterEnligtSFS2008-975"


def capital(question: Question) -> Element:
    """Capital income for the latest year that is assessed."""
    year = str(question.periods[SourceCode.SKV].last.year - 1)
    fields = {"Taxeringsar": year, "SummaIntakterPaKapital": "1843", "OverskottPaKapital": "1843"}
    return _answer(question, element(NAMESPACE, "Kapitaluppgift", *texts(NAMESPACE, fields)))


def nothing(question: Question) -> Element:
    """The person is known and has no capital income."""
    return _answer(question)


def refused(question: Question) -> Element:
    """A fault of Skatteverket's web service, where the answer should be."""
    fault = {"MeddelandeKod": "9071002", "MeddelandeText": "Uppgifterna kan inte lämnas just nu"}
    exception = element(SERVICE_NAMESPACE, "Exception", *texts(None, fault))
    return _wrapped(question, etree.tostring(exception, encoding="unicode"))


def broken(question: Question) -> Element:
    """A string that is not XML all the way."""
    return _wrapped(question, f"<{ROOT}><PersonuppgiftLista></{ROOT}>")


def _answer(question: Question, *content: Element) -> Element:
    person = element(
        NAMESPACE,
        "Personuppgift",
        *texts(NAMESPACE, {"Identitetsbeteckning": question.person, "StatusPersonuppgiftKod": "01"}),
        *content,
    )
    root = element(NAMESPACE, ROOT, element(NAMESPACE, "PersonuppgiftLista", person))
    return _wrapped(question, etree.tostring(root, encoding="unicode"))


def _wrapped(question: Question, document: str) -> Element:
    return data(question, element(None, "svar", document))
