"""What the purpose does not open, in a header of the answer: the contract's own form has no place for it.

An element that is not there reads as nothing registered to who does not look. By SOAP 1.1 a header that need not be
understood is passed over by those who don't know it, so that an unchanged case system still works.
"""

from lxml import etree

from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.xml import Element

NAMESPACE = "urn:samrad:facade:1"


def left_out(lookup: Lookup) -> Element | None:
    """`leftOut` with a `source` for each that was asked and opened in part only; None when all was opened.

    The names of the pieces are those of the API. They are the purpose's, and the same whatever the source had.
    """
    found = [each for each in lookup.answers if each.left_out and each.state is not SourceState.NOT_ASKED]
    if not found:
        return None
    told = etree.Element(_name("leftOut"), nsmap={"samrad": NAMESPACE})
    for answer in found:
        source = etree.SubElement(told, _name("source"), code=answer.source.value)
        for piece in answer.left_out:
            etree.SubElement(source, _name("piece")).text = piece
    return told


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
