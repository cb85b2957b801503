"""The SOAP 1.1 envelope: the request `hamtaBastjanstInformation` out, and the composite answer or fault in."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from services.consultation.lookups.sources.domain import Inquiry
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.parts import add_period, add_text
from services.consultation.lookups.sources.ssbtek.rules import SOAP_NAMESPACE
from services.consultation.lookups.sources.ssbtek.xml import (
    DocumentError,
    Element,
    children,
    local_name,
    only_child,
    parse,
)

NOT_SOAP = "not SOAP"
"""The text of a DocumentError about XML that is no answer of this version."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault from the composite service. `code` is its felkod, or the faultcode when it had no detail."""

    code: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompositeAnswer:
    """The answer cut into one list of elements per source; a list with more than one element is a deviation."""

    correlation_id: str | None
    sources: Mapping[str, list[Element]]


def build_request(inquiry: Inquiry, version: ContractVersion) -> bytes:
    """The request as UTF-8, with all seven sources in the order of the contract.

    The question is never asked to be echoed, since the echo would only repeat personal data.
    Raises InvalidRequestError when the inquiry cannot be written in this version.
    """
    envelope = etree.Element(_soap("Envelope"), nsmap={"soap": SOAP_NAMESPACE, "ssbt": version.namespace})
    body = etree.SubElement(envelope, _soap("Body"))
    question = etree.SubElement(body, version.name(version.question))
    _add_general(question, inquiry, version)
    specific = etree.SubElement(question, version.name("specifikaFrageparametrar"))
    for code, fill in version.parts.items():
        part = etree.SubElement(specific, version.name(code))
        part.set("inkludera", "true" if code in inquiry.sources else "false")
        if code in inquiry.sources:
            fill(part, inquiry, version)
    return _written(envelope)


def build_probe(version: ContractVersion) -> bytes:
    """The request `testaBastjanstInformation`, which carries no personal data."""
    envelope = etree.Element(_soap("Envelope"), nsmap={"soap": SOAP_NAMESPACE, "ssbt": version.namespace})
    etree.SubElement(etree.SubElement(envelope, _soap("Body")), version.name(version.probe))
    return _written(envelope)


def read_answer(body: bytes, version: ContractVersion, *, max_bytes: int) -> CompositeAnswer | Fault:
    """Cut an answer into its sources, or read the fault.

    Raises DocumentError when the body is neither; its text is NOT_SOAP when it is XML of another kind.
    """
    content = _body_content(parse(body, max_bytes=max_bytes))
    if local_name(content) == "Fault":
        return _fault(content, version.fault)
    if local_name(content) != version.answer:
        raise DocumentError(NOT_SOAP)
    found = children(content)
    correlation = "".join(_texts(found.get("korrelationsid", [])))
    return CompositeAnswer(
        correlation_id=correlation or None,
        sources=children(found["svarsdata"][0]) if "svarsdata" in found else {},
    )


def read_probe(body: bytes, version: ContractVersion, *, max_bytes: int) -> Mapping[str, list[Element]] | Fault:
    """The element of each source in the answer to a probe, by name; or the fault. Raises DocumentError."""
    content = _body_content(parse(body, max_bytes=max_bytes))
    if local_name(content) == "Fault":
        return _fault(content, version.probe_fault)
    if local_name(content) != version.probe_answer:
        raise DocumentError(NOT_SOAP)
    return children(content)


def unreadable_code(error: DocumentError) -> str:
    """Our code for a document that is no answer."""
    return "NOT_SOAP" if str(error) == NOT_SOAP else "NOT_XML"


def _body_content(envelope: Element) -> Element:
    body = only_child(envelope, "Body") if local_name(envelope) == "Envelope" else None
    content = next(iter(body), None) if body is not None else None
    if content is None:
        raise DocumentError(NOT_SOAP)
    return content


def _fault(fault: Element, detail_name: str) -> Fault:
    found = children(fault)
    detail = only_child(found["detail"][0], detail_name) if "detail" in found else None
    if detail is None:
        code = "".join(_texts(found.get("faultcode", [])))
        return Fault(code=code.rpartition(":")[2], messages=_texts(found.get("faultstring", [])))
    inner = children(detail)
    return Fault(
        code="".join(_texts(inner.get("felkod", []))),
        messages=_texts(inner.get("felmeddelande", [])),
    )


def _texts(elements: list[Element]) -> tuple[str, ...]:
    return tuple(element.text.strip() for element in elements if element.text)


def _add_general(question: Element, inquiry: Inquiry, version: ContractVersion) -> None:
    general = etree.SubElement(question, version.name("generellaFrageparametrar"))
    add_text(general, "frageTidpunkt", inquiry.asked_at.isoformat(timespec="seconds"), version)
    add_text(general, "korrelationsid", inquiry.correlation_id, version)
    add_text(general, "fraganSkallInkluderasISvaret", "false", version)
    asker = etree.SubElement(general, version.name("ingivare"))
    add_text(asker, "organisationsnummer", inquiry.asker.organisation_number, version)
    add_text(asker, "namn", inquiry.asker.name, version)
    add_text(asker, "handlaggare", inquiry.handler, version)
    add_text(general, "personidentitet", inquiry.person.reveal(), version)
    add_text(general, "arendeidentitet", inquiry.case_reference, version)
    add_period(general, inquiry.period, version)
    _add_processors(general, inquiry, version)
    add_text(general, "syfte", inquiry.purpose_text, version)
    add_text(general, "lagtext", inquiry.legal_text, version)


def _add_processors(general: Element, inquiry: Inquiry, version: ContractVersion) -> None:
    for number, processor in enumerate(inquiry.asker.processors, start=1):
        element = etree.SubElement(general, version.name("personuppgiftsbitrade"))
        add_text(element, "ordningsnummer", str(number), version)
        add_text(element, "organisationsnummer", processor.organisation_number, version)
        add_text(element, "namn", processor.name, version)


def _soap(name: str) -> str:
    return f"{{{SOAP_NAMESPACE}}}{name}"


def _written(envelope: Element) -> bytes:
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
