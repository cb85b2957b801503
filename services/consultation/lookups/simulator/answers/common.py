"""Answers that any source can give: an error, or none at all."""

from services.consultation.lookups.simulator.elements import element
from services.consultation.lookups.simulator.question import Question, Script
from services.consultation.lookups.sources.ssbtek.xml import Element


def error(origin: str, code: str, *messages: str) -> Script:
    """A script for the contract's `error` element. `origin` is SSBT or BT."""

    def script(question: Question) -> Element:
        namespace = question.version.namespace
        return element(
            namespace,
            "error",
            element(namespace, "kalla", origin),
            element(namespace, "felkod", code),
            *(element(namespace, "felmeddelande", message) for message in messages),
        )

    return script


def absent(_question: Question) -> None:
    """The source is left out of the answer although it was asked."""


def data(question: Question, *content: str | Element) -> Element:
    """The contract's `data` element."""
    return element(question.version.namespace, "data", *content)


late = error("SSBT", "TIMEOUT", "Bastjänsten svarade inte inom utsatt tid")
"""The composite service gave up waiting for the source."""

failed = error("BT", "TEKNISKT_FEL", "Ett tekniskt fel har uppstått hos bastjänsten", "Försök igen senare")
"""The source answered that it could not."""
