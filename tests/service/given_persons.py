"""Persons of a test's own, whose sources answer as the test says, now this and then that."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Protocol

import pytest
from lxml import etree

from services.consultation.lookups.simulator import persons as simulated
from services.consultation.lookups.simulator.persons import PERSONS, number
from services.consultation.lookups.simulator.question import Script
from services.consultation.lookups.sources.domain import SourceCode

_serials = count(100)


class Answering(Protocol):
    """Lets a person's sources answer as those of a simulated person, but for those told apart, from now on."""

    def __call__(self, person: str, name: str, *, seconds: float = 0.0, **changed: Script) -> None: ...


def somebody() -> str:
    """A number that no other test knows; of it nothing is registered until a test says something else."""
    return number("18950411", str(next(_serials)))


def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """The sources of a person, to be changed by the test, which ends with them as they were."""

    def answer_like(person: str, name: str, *, seconds: float = 0.0, **changed: Script) -> None:
        like = PERSONS[name]
        scripts = {**like.scripts, **{SourceCode(code): script for code, script in changed.items()}}
        behaviour = replace(like, number=person, scripts=scripts, delay_seconds=seconds)
        monkeypatch.setitem(simulated._BY_NUMBER, person, behaviour)

    return answer_like


def cells(requests: list[bytes]) -> list[tuple[str, str]]:
    """Who was asked about at which source, in order, by the requests that were sent."""
    return sorted(cell for request in requests for cell in _cells(request))


def _cells(request: bytes) -> Iterator[tuple[str, str]]:
    question = etree.fromstring(request)[-1][0]
    named = [each for each in question[0] if etree.QName(each).localname == "personidentitet"]
    for each in question[1]:
        if each.get("inkludera") == "true":
            yield str(named[0].text), etree.QName(each).localname
