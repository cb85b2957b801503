"""Persons of a test's own, whose sources answer as the test says, now this and then that."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from lxml import etree

from services.consultation.lookups.simulator import persons as simulated
from services.consultation.lookups.simulator.persons import PERSONS, number

_serials = count(100)

Answering = Callable[[str, str], None]
"""Lets a person's sources answer as those of a simulated person, by its name, from now on."""


def somebody() -> str:
    """A number that no other test knows; of it nothing is registered until a test says something else."""
    return number("18950411", str(next(_serials)))


def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """The sources of a person, to be changed by the test."""

    def answer_like(person: str, name: str) -> None:
        monkeypatch.setitem(simulated._BY_NUMBER, person, replace(PERSONS[name], number=person))

    return answer_like


def cells(requests: list[bytes]) -> set[tuple[str, str]]:
    """Who was asked about at which source, by the requests that were sent."""
    return {cell for request in requests for cell in _cells(request)}


def _cells(request: bytes) -> Iterator[tuple[str, str]]:
    question = etree.fromstring(request)[-1][0]
    (person,) = {
        each.text for each in question.iter() if etree.QName(each).localname == "personidentitet" and each.text
    }
    for each in question[1]:
        if each.get("inkludera") == "true":
            yield person, etree.QName(each).localname
