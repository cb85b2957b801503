"""The golden answers, found by their names in tests/golden. Their form is told in its README."""

from base64 import b64encode
from pathlib import Path

from lxml import etree

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element

FOLDER = Path(__file__).parents[2] / "golden"
ANSWERS = tuple(sorted(path.name for path in FOLDER.glob("*.xml")))
"""The names of the golden answers in XML."""

DATA = V10.name("data")


def source_of(name: str) -> SourceCode:
    """The source that a golden answer is of: what its name begins with."""
    return SourceCode(name.partition(".")[0].partition("_")[0].upper())


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
