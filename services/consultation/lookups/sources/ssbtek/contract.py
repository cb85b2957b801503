"""What differs between versions of the SSBTEK contract, in one object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.consultation.lookups.sources.domain import Inquiry, SourceCode
from services.consultation.lookups.sources.ssbtek.grammar import Part
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.xml import Element

PartBuilder = Callable[[Element, Inquiry, "ContractVersion"], None]
"""Adds what one source is asked to its element, which is empty and has `inkludera` set to true."""

Reader = Callable[[Element], Reading]
"""Reads the `data` element of one source, or all of its element when it is in `undivided`. May raise DocumentError."""


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """One version: its namespace, the version of LEFI it carries, and how each source is asked and read.

    `parts` has every source in the order of the contract, since the order is part of the schema. `contents` is what
    each source's element may hold when it is asked, for our own check of requests. `undivided` names sources whose
    answer is not one `data` or one `error`: their readers are given the whole element.
    """

    label: str
    namespace: str
    lefi_version: str
    parts: Mapping[SourceCode, PartBuilder]
    contents: Mapping[SourceCode, tuple[Part, ...]]
    readers: Mapping[SourceCode, Reader]
    undivided: frozenset[SourceCode] = frozenset()
    question: str = "hamtaBastjanstInformation"
    answer: str = "hamtaBastjanstInformationResponse"
    fault: str = "hamtaBastjanstInformationFault"
    probe: str = "testaBastjanstInformation"
    probe_answer: str = "testaBastjanstInformationResponse"
    probe_fault: str = "testaBastjanstInformationFault"

    def name(self, local: str) -> str:
        """The element name with the namespace of this version, as lxml writes it."""
        return f"{{{self.namespace}}}{local}"
