"""SOAP 1.1 out: the composite answer, the probe's answer, and faults with and without detail."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lxml import etree

from services.consultation.lookups.simulator.answers.common import late_error
from services.consultation.lookups.simulator.elements import element, texts
from services.consultation.lookups.simulator.question import Question, Script
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.rules import SOAP_NAMESPACE
from services.consultation.lookups.sources.ssbtek.xml import Element

_WITHOUT_A_TEST_SERVICE = SourceCode.MIV


@dataclass(frozen=True, slots=True)
class SimulatedFault:
    """A fault of the whole service. Without a `code` it is a generic one, with no detail."""

    messages: tuple[str, ...]
    code: str | None = None


def answer(question: Question, scripts: Mapping[SourceCode, Script]) -> bytes:
    """`hamtaBastjanstInformationResponse`, with the included sources only."""
    version = question.version
    echo = {"frageTidpunkt": question.asked_at, "korrelationsid": question.correlation_id}
    data = element(version.namespace, "svarsdata")
    for code in question.periods:
        content = scripts[code](question)
        if content is not None:
            whole = content.tag == version.name(code)
            data.append(content if whole else element(version.namespace, code, content))
    return _envelope(
        element(
            version.namespace,
            version.answer,
            *texts(version.namespace, {name: text for name, text in echo.items() if text is not None}),
            data,
        )
    )


def probe_answer(version: ContractVersion, failed: Collection[SourceCode] = ()) -> bytes:
    """`testaBastjanstInformationResponse`: every source was called but the one without a test service.

    Those that have `failed` were called, and could not be reached.
    """
    answer = element(version.namespace, version.probe_answer)
    for code in SourceCode:
        called = element(version.namespace, "anropad", _called(code))
        error = late_error(version) if code in failed and code is not _WITHOUT_A_TEST_SERVICE else None
        answer.append(element(version.namespace, code, called, *([] if error is None else [error])))
    return _envelope(answer)


def fault(problem: SimulatedFault, version: ContractVersion) -> bytes:
    """A SOAP fault; its parts have no namespace, as SOAP 1.1 has it."""
    parts = [
        element(None, "faultcode", "soap:Server"),
        element(None, "faultstring", problem.messages[0]),
    ]
    if problem.code is not None:
        detail = element(
            version.namespace,
            version.fault,
            element(version.namespace, "felkod", problem.code),
            *(element(version.namespace, "felmeddelande", message) for message in problem.messages),
        )
        parts.append(element(None, "detail", detail))
    return _envelope(element(SOAP_NAMESPACE, "Fault", *parts))


def _called(code: SourceCode) -> str:
    return "false" if code is _WITHOUT_A_TEST_SERVICE else "true"


def _envelope(content: Element) -> bytes:
    envelope = etree.Element(f"{{{SOAP_NAMESPACE}}}Envelope", nsmap={"soap": SOAP_NAMESPACE})
    body = etree.SubElement(envelope, f"{{{SOAP_NAMESPACE}}}Body")
    body.append(content)
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
