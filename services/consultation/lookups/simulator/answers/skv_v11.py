"""Skatteverket's answers in version 11: one element per part that is asked for. The JSON's keys are reconstructed."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from services.consultation.lookups.simulator.answers.common import error_element
from services.consultation.lookups.simulator.elements import element
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element

_Part = Callable[[Question, str], Element]


def capital(question: Question) -> Element:
    """Capital income for the latest year, and a refund on the tax account."""
    return _answer(question, _content)


def nothing(question: Question) -> Element:
    """Nothing is there of any part, which Skatteverket says with 404."""
    return _answer(question, _nothing_there)


def one_part_empty(question: Question) -> Element:
    """Capital, and nothing on the tax account."""
    return _answer(question, _content, skattekonto=_nothing_there)


def one_part_failed(question: Question) -> Element:
    """Capital, and a tax account that could not be read."""
    return _answer(question, _content, skattekonto=_failure)


def all_parts_failed(question: Question) -> Element:
    """No part could be read."""
    return _answer(question, _failure)


def _answer(question: Question, usual: _Part, **others: _Part) -> Element:
    return element(
        question.version.namespace,
        SourceCode.SKV,
        *(
            element(question.version.namespace, name, others.get(name, usual)(question, name))
            for name in question.tax_parts
        ),
    )


def _content(question: Question, part: str) -> Element:
    document: dict[str, Any] = {"identitetsbeteckning": question.person}
    if part == "skatteuppgifter":
        year = max(question.tax_years)
        row = {"taxeringsar": str(year), "summaIntakterPaKapital": 1843, "overskottPaKapital": 1843}
        document |= {"statusPersonuppgiftKod": "01", "kapitaluppgift": [row]}
    elif part == "skattekonto":
        document["aterbetalningar"] = [{"datum": f"{max(question.tax_years) + 1}-04-09", "belopp": 2310.5}]
    coded = b64encode(json.dumps(document, ensure_ascii=False).encode()).decode("ascii")
    return element(question.version.namespace, "data", coded)


def _nothing_there(question: Question, _part: str) -> Element:
    return error_element(question.version, "BT", "404", "Uppgifter saknas")


def _failure(question: Question, _part: str) -> Element:
    return error_element(question.version, "BT", "500", "Ett tekniskt fel har uppstått hos bastjänsten")
