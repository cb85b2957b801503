"""The golden answers, found by their names in tests/golden. Their form is told in its README."""

import json
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.facade.writers.af import write_af
from services.consultation.lookups.facade.writers.asked import Asked, Writer
from services.consultation.lookups.facade.writers.miv import write_miv
from services.consultation.lookups.facade.writers.so import write_so
from services.consultation.lookups.facade.writers.tns import write_tns
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from services.consultation.persons.domain import PersonNumber
from services.consultation.tenants.domain import Asker, Processor
from tests.unit.lookups.given import AUTUMN

FOLDER = Path(__file__).parents[2] / "golden"
ANSWERS = tuple(sorted(path.name for path in FOLDER.glob("*.xml")))
"""The names of the golden answers in XML."""

DATA = V10.name("data")
MAX_BYTES = 1_000_000
WRITERS: dict[SourceCode, Writer] = {
    SourceCode.AF: write_af,
    SourceCode.SO: write_so,
    SourceCode.TNS: write_tns,
    SourceCode.MIV: write_miv,
}
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
    """The golden answers of the sources, by file name."""
    return [name for name in ANSWERS if source_of(name) in codes]


def of(*codes: SourceCode) -> pytest.MarkDecorator:
    """One test for each golden answer of the sources."""
    return pytest.mark.parametrize("name", names(*codes))


def source_of(name: str) -> SourceCode:
    """The source that a golden answer is of: what its name begins with."""
    return SourceCode(name.partition(".")[0].partition("-")[0].upper())


def document_of(name: str) -> bytes:
    """The bytes of a golden answer."""
    return (FOLDER / name).read_bytes()


def data_of(code: SourceCode, document: bytes) -> Element:
    """The `data` element of a golden answer: itself, or the wrapping that the contract gives an inner document."""
    root = etree.fromstring(document)
    return root if root.tag == DATA else wrapped(code, document)


def has_inner(document: bytes) -> bool:
    """Whether a golden answer is a document inside, and not the `data` element."""
    return etree.fromstring(document).tag != DATA


def wrapped(code: SourceCode, document: bytes) -> Element:
    """The `data` element that holds a document: CSN's in base64, Skatteverket's as a string."""
    data = etree.Element(DATA)
    if code is SourceCode.CSN:
        etree.SubElement(data, V10.name("svar")).text = b64encode(document).decode("ascii")
    elif code is SourceCode.SKV:
        etree.SubElement(data, "svar").text = document.decode()
    else:
        raise ValueError(f"{code} has no document inside")
    return data


def told(reading: Reading) -> dict[str, Any]:
    """A reading as plain JSON, without the fields that are empty."""
    fields: dict[str, Any] = json.loads(json.dumps(asdict(reading)))
    return {name: value for name, value in fields.items() if value not in (None, [], False)}


def document(name: str) -> Element:
    """The `data` element of a golden answer, by file name."""
    return data_of(source_of(name), document_of(name))


def expected(name: str) -> dict[str, Any]:
    """What is written down that the answer says."""
    content: dict[str, Any] = json.loads((FOLDER / name.replace(".xml", ".expected.json")).read_text("utf-8"))
    return content


def read(code: SourceCode, data: Element) -> Reading:
    """What the source's reader makes of its `data` element."""
    return V10.readers[code](data)


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
