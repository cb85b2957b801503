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


Writer = Callable[[SourceAnswer, Asked], Element]
"""Writes the `data` element, in the namespace of version 10, of an answer that is read, proven empty, partial or a
logical error. For an answer in another state there is no data to write."""
