"""The golden documents: hand-made answers that together use every element of a source's contract."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.facade.writers.af import write_af
from services.consultation.lookups.facade.writers.asked import Asked, Writer
from services.consultation.lookups.facade.writers.csn import write_csn
from services.consultation.lookups.facade.writers.miv import write_miv
from services.consultation.lookups.facade.writers.skv import write_skv
from services.consultation.lookups.facade.writers.so import write_so
from services.consultation.lookups.facade.writers.tns import write_tns
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from services.consultation.persons.domain import PersonNumber
from services.consultation.tenants.domain import Asker, Processor
from tests.unit.lookups.given import AUTUMN
from tests.unit.lookups.golden_xml import data_of

FOLDER = Path(__file__).resolve().parents[2] / "golden"
MAX_BYTES = 1_000_000
WRITERS: dict[SourceCode, Writer] = {
    SourceCode.AF: write_af,
    SourceCode.CSN: write_csn,
    SourceCode.SKV: write_skv,
    SourceCode.SO: write_so,
    SourceCode.TNS: write_tns,
    SourceCode.MIV: write_miv,
}
PLAIN = (SourceCode.AF, SourceCode.SO, SourceCode.TNS, SourceCode.MIV)
"""The sources whose `data` is the answer itself, and not a wrapping of it."""
ECHOES: dict[SourceCode, set[str]] = {
    # The question as we put it, and whom it was about: the look-up has both beside the answer.
    SourceCode.AF: {"Fraga", "LagParagraf", "IdentitetsbeteckningFysiskPerson", "Sekretessmarkering"},
    SourceCode.SO: {
        "OrganisationsnummerIngivare",
        "NamnIngivare",
        "KontonamnHandlaggare",
        "From",
        "Tom",
        "Syfte",
        "Paragraf",
        "OrganisationsnummerPersonuppgiftsbitrade",
        "NamnPersonuppgiftsbitrade",
        "IdentificationNumber",
    },
    # The documents inside them are held to the same in test_mutated_answers.
    SourceCode.CSN: {"svar"},
    SourceCode.SKV: {"svar", "MeddelandeKod", "MeddelandeText", "Systemversion"},
    SourceCode.TNS: set[str](),
    # Both ids of Migrationsverket's own exchange say nothing about the person.
    SourceCode.MIV: {"korrelationsid", "correlationid", "personnummer"},
}
"""What a reader leaves unread on purpose, by the names of the elements: what they say is the question's."""
ASKED = Asked(
    person=PersonNumber.parse("189001049809"),
    asker=Asker("162120000000", "Exempelkommun", "actor-1", (Processor("165560000000", "Exempelbolaget AB"),)),
    handler="hl01",
    case_reference="EB-2026-000123",
    period=AUTUMN,
    purpose_text="Ekonomiskt bistånd",
    legal_text="5 § förordningen (2008:975)",
)


def names(*codes: SourceCode) -> list[str]:
    """The golden documents of the sources, by file name without ending."""
    return [file.stem for code in codes for file in sorted(FOLDER.glob(f"{code.lower()}*.xml"))]


def of(*codes: SourceCode) -> pytest.MarkDecorator:
    """One test for each golden document of the sources."""
    return pytest.mark.parametrize("name", names(*codes))


def source_of(name: str) -> SourceCode:
    """The source whose document it is."""
    return SourceCode(name.partition("_")[0].upper())


def document(name: str) -> Element:
    """The `data` element, with the document inside it wrapped where the file is that."""
    return data_of(source_of(name), (FOLDER / f"{name}.xml").read_bytes())


def read(code: SourceCode, data: Element) -> Reading:
    """What the source's reader makes of its `data` element."""
    return V10.readers[code](data)


def expected(name: str) -> dict[str, Any]:
    """What a person has written down that the document says."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.expected.json").read_text("utf-8"))
    return content


def told(reading: Reading) -> dict[str, Any]:
    """A reading in the form of the expectations: everything but the person number."""
    fields: dict[str, Any] = json.loads(json.dumps(asdict(reading)))
    del fields["subject"]
    return fields


def answer(code: SourceCode, reading: Reading) -> SourceAnswer:
    """The answer that a writer is handed."""
    return SourceAnswer(
        code,
        reading.state,
        code=reading.code,
        messages=reading.messages,
        items=reading.items,
        parts=reading.parts,
        protected=reading.protected,
        data=reading.data,
    )


def written(answer: SourceAnswer) -> Element:
    """The `data` element that the source's writer makes, after a journey as bytes."""
    element = WRITERS[answer.source](answer, ASKED)
    return parse(etree.tostring(element), max_bytes=MAX_BYTES)
