"""Answers that any source can give: an error, or none at all."""

from services.consultation.lookups.simulator.elements import element
from services.consultation.lookups.simulator.question import Question, Script
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.xml import Element


def error(origin: str, code: str, *messages: str) -> Script:
    """A script for the contract's `error` element. `origin` is SSBT or BT."""

    return lambda question: error_element(question.version, origin, code, *messages)


def error_element(version: ContractVersion, origin: str, code: str, *messages: str) -> Element:
    """The `error` element of a source, or of a part of one."""
    namespace = version.namespace
    return element(
        namespace,
        "error",
        element(namespace, "kalla", origin),
        element(namespace, "felkod", code),
        *(element(namespace, "felmeddelande", message) for message in messages),
    )


def late_error(version: ContractVersion) -> Element:
    """The composite service gave up waiting for the source."""
    return error_element(version, "SSBT", "TIMEOUT", "Bastjänsten svarade inte inom utsatt tid")


def by_version(v10: Script, v11: Script) -> Script:
    """One script for version 10 and another for those after it."""
    return lambda question: (v10 if question.version.label == "10" else v11)(question)


def absent(_question: Question) -> None:
    """The source is left out of the answer although it was asked."""


def data(question: Question, *content: str | Element) -> Element:
    """The contract's `data` element."""
    return element(question.version.namespace, "data", *content)


def late(question: Question) -> Element:
    """The composite service gave up waiting for the source."""
    return late_error(question.version)


failed = error("BT", "TEKNISKT_FEL", "Ett tekniskt fel har uppstått hos bastjänsten", "Försök igen senare")
"""The source answered that it could not."""
