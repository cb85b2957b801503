"""What the contract has sources repeat of the question."""

from collections.abc import Callable
from dataclasses import dataclass

from services.consultation.lookups.sources.domain import Period, SourceAnswer
from services.consultation.lookups.sources.ssbtek.xml import Element
from services.consultation.persons.domain import PersonNumber
from services.consultation.tenants.domain import Asker


@dataclass(frozen=True, slots=True)
class Asked:
    """The question as sources echo it. `period` is the one that the source was asked for."""

    person: PersonNumber
    asker: Asker
    handler: str
    case_reference: str
    period: Period
    purpose_text: str
    legal_text: str


class NoPlaceInContract(Exception):
    """The answer holds what version 10 has no place for: what would be left of it must not pass for the whole."""


Writer = Callable[[SourceAnswer, Asked], Element]
"""Writes the `data` element, in the namespace of version 10, of an answer that is read, proven empty or a logical
error; at FK and SO, whose contracts tell what is missing, also of a partial one. For an answer in another state there
is no data to write. May raise NoPlaceInContract."""
