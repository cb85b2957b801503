"""Compares what a document says with what was read from it, by rules written apart from the readers.

A text of a document may be told in another form: a date or week with hyphens, a date without its offset, a number
with two decimals, yes and no as booleans. Nothing else may differ.
"""

import re
from collections.abc import Container, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

OWN_WORDS: Mapping[str, str] = {
    "studentFinance": "Studiemedel",
    "studyAllowance": "Studiehjalp",
    "homeEquipmentLoan": "HemutrustningsLan",
    "studyStartSupport": "Studiestartsstod",
    "transitionStudySupport": "Omstallningsstudiestod",
}
"""Words that a reader tells for an element's name, which then has to be in the document."""

OWN_STATES = frozenset({"received", "absent", "notTold", "notRead"})
"""Words that a reader tells for whether something was there."""

_CURRENCY = "SEK"
_XML_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"
_SPELLINGS = {"true": "true", "1": "true", "J": "true", "false": "false", "0": "false", "": "false"}
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS = re.compile(r"\d{6}|\d{8}", re.ASCII)


def texts_of(root: Element, without: Container[str] = ()) -> set[str]:
    """Every text and attribute in the document without surrounding blanks; the empty one for an empty element.

    Elements whose local names are in `without` are passed over with all that is in them.
    """
    found = {(root.text or "").strip(), (root.tail or "").strip()}
    found |= {str(value).strip() for name, value in root.attrib.items() if not str(name).startswith(_XML_SCHEMA)}
    for child in root.iterchildren(etree.Element):
        found |= texts_of(child, without) if local_name(child) not in without else {(child.tail or "").strip()}
    return found


def names_of(root: Element) -> set[str]:
    """The local names of elements and attributes."""
    elements = list(root.iter(etree.Element))
    return {local_name(each) for each in elements} | {
        str(etree.QName(name).localname) for each in elements for name in map(str, each.attrib)
    }


def forms(text: str) -> set[str]:
    """The ways in which a text of the document may be told."""
    told = {text, _SPELLINGS.get(text, text)}
    if dated := _DATE.fullmatch(text):
        told.add(dated[1])
    if _DIGITS.fullmatch(text):
        told.add(f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else f"{text[:4]}-W{text[4:]}")
    return told | _number_forms(text)


def _number_forms(text: str) -> set[str]:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return set()
    if not number.is_finite() or abs(number.adjusted()) > 40:
        return set()
    plain = format(number, "f")
    decimals = len(plain.partition(".")[2])
    return {plain, format(number, f".{max(2, decimals)}f"), *({str(int(number))} if decimals == 0 else ())}


def leaves(value: Any) -> Iterator[str]:
    """Every value in the content as a text."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)
    elif value is not None:
        yield str(value).lower() if isinstance(value, bool) else str(value)


def told_by(reading: Reading) -> set[str]:
    """Everything that the reading says of the source's own: content, code, words, and whom it is about."""
    words = {piece for message in reading.messages for piece in (message, *message.split(": "))}
    subject = reading.subject or ""
    pieces = {piece for place in range(4) for piece in (subject[:place], subject[place:])}
    return {*leaves(reading.data), *leaves(reading.code), *words, *pieces} - {""}


def invented(reading: Reading, root: Element) -> set[str]:
    """What the reading says and the document does not."""
    names = names_of(root)
    known = {form for text in texts_of(root) for form in forms(text)} | {_CURRENCY} | OWN_STATES
    known |= {word for word, name in OWN_WORDS.items() if name in names}
    said = {*leaves(reading.data), *leaves(reading.code)} - known
    said |= {each for each in reading.messages if not {each, *each.split(": ")} & known}
    return said | ({reading.subject or ""} - {"", *_joined(reading.subject or "", known)})


def _joined(subject: str, known: set[str]) -> set[str]:
    """The subject when it is two of the texts put together, as CSN's century and number are."""
    splits = ((subject[:place], subject[place:]) for place in range(len(subject)))
    return {subject for first, last in splits if {first, last} <= known | {""}}


def unread(reading: Reading, root: Element, without: Container[str] = ()) -> set[str]:
    """What the document says, apart from the elements `without`, and the reading does not."""
    told = told_by(reading)
    return {text for text in texts_of(root, without) if text and not forms(text) & told}
