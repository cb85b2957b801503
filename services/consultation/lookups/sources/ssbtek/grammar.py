"""A sequence of elements with cardinality, as much of XML Schema as the request of the contract needs."""

from collections.abc import Callable
from dataclasses import dataclass

from services.consultation.lookups.sources.ssbtek.lexical import is_boolean
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name

Problems = list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """An element that comes `least` to `most` times, with parts of its own or a text to test.

    `include` tells that it must have the attribute `inkludera`; no other attribute is allowed, and its parts are
    needed only when it is true.
    """

    name: str
    parts: "tuple[Part, ...]" = ()
    text: Callable[[str], bool] | None = None
    least: int = 1
    most: int | None = 1
    include: bool = False


def leaf(name: str, text: Callable[[str], bool], *, least: int = 1) -> Part:
    """A part with text only."""
    return Part(name, text=text, least=least)


def check(element: Element, part: Part, namespace: str, problems: Problems) -> None:
    """Add a line to `problems` for everything in the element that the part does not allow."""
    _check_attributes(element, part, problems)
    if part.text is None:
        _check_sequence(element, part, namespace, problems)
    elif len(element):
        problems.append(f"{part.name}: has elements where text is expected")
    elif not part.text(element.text or ""):
        problems.append(f"{part.name}: its value has the wrong form")


def _check_attributes(element: Element, part: Part, problems: Problems) -> None:
    attributes = dict(element.attrib)
    include = attributes.pop("inkludera", None) if part.include else None
    if part.include and not is_boolean(include or ""):
        problems.append(f"{part.name}: inkludera is missing or not a boolean")
    if attributes:
        problems.append(f"{part.name}: has an attribute that does not belong")


def _check_sequence(element: Element, part: Part, namespace: str, problems: Problems) -> None:
    texts = [text for text in (element.text, *(child.tail for child in element)) if text]
    # An element that the schema has as empty may not even hold blanks.
    if any(not part.parts or not text.isspace() for text in texts):
        problems.append(f"{part.name}: has text where elements are expected")
    waiting = list(element)
    left_out = part.include and (element.get("inkludera") or "").strip() not in {"true", "1"}
    for expected in part.parts:
        count = 0
        while waiting and waiting[0].tag == f"{{{namespace}}}{expected.name}" and count != expected.most:
            check(waiting.pop(0), expected, namespace, problems)
            count += 1
        if count < expected.least and not left_out:
            problems.append(f"{part.name}: {expected.name} is missing or out of order")
    if waiting:
        problems.append(f"{part.name}: has {_known_name(waiting[0], part)} where it does not belong")


def _known_name(element: Element, part: Part) -> str:
    # An unknown name is the sender's own text and is not repeated.
    name = local_name(element)
    return name if name in {known.name for known in part.parts} else "an element"
