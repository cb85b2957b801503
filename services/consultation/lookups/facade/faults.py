"""Refusals as SOAP 1.1 faults, in the form of the contract."""

import json

from lxml import etree

from services.consultation.lookups.facade.message import MustUnderstand, VersionMismatch, in_envelope, soap, written
from services.consultation.lookups.sources.characters import carried
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.rules import SOAP_NAMESPACE
from services.consultation.lookups.sources.ssbtek.xml import Element
from shared.problems import Problem, Words


def generic_fault(problem: Problem) -> bytes:
    """A fault without detail: when the question has not been understood, or who asks is nobody."""
    return written(in_envelope(_fault(problem)))


def contract_fault(problem: Problem, detail: str, version: ContractVersion) -> bytes:
    """A fault with the detail of the contract, whose element is named `detail`.

    `felkod` is the stable code of the problem; `felmeddelande` says it in Swedish, in English, and then once for each
    member that the problem has besides.
    """
    fault = _fault(problem)
    told = etree.SubElement(etree.SubElement(fault, "detail"), version.name(detail), nsmap={"ssbt": version.namespace})
    add(told, "felkod", problem.kind.code, version)
    for message in (_sentences(problem).sv, _sentences(problem).en, *_members(problem)):
        add(told, "felmeddelande", message, version)
    return written(in_envelope(fault))


def add(parent: Element, name: str, text: str, version: ContractVersion) -> Element:
    """Add an element of the contract with a text, in which what XML cannot carry is replaced."""
    element = etree.SubElement(parent, version.name(name))
    element.text = carried(text)
    return element


def _fault(problem: Problem) -> Element:
    fault = etree.Element(soap("Fault"), nsmap={"soap": SOAP_NAMESPACE})
    # Unqualified, by SOAP 1.1 section 4.4.
    etree.SubElement(fault, "faultcode").text = f"soap:{_code(problem)}"
    etree.SubElement(fault, "faultstring").text = f"{problem.kind.code}: {problem.detail.sv} / {problem.detail.en}"
    return fault


def _code(problem: Problem) -> str:
    match problem:
        case VersionMismatch():
            return "VersionMismatch"
        case MustUnderstand():
            return "MustUnderstand"
    return "Server" if problem.kind.status >= 500 or problem.kind.status == 429 else "Client"


def _sentences(problem: Problem) -> Words:
    told, action = problem.detail, problem.kind.action
    return Words(f"{told.sv.rstrip('.')}. {action.sv}", f"{told.en.rstrip('.')}. {action.en}")


def _members(problem: Problem) -> list[str]:
    return [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in problem.members.items()]
