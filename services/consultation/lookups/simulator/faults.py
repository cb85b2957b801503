"""What can be made to go wrong, by person or by the header `Samrad-Simulate`: the kinds, and how the header is read.

The header holds one fault or several with commas between; a fault is a kind and its parameters with semicolons between:
`late; source=AF; seconds=5, bt; source=FK; code=LEFI-VERSION`, or `status=503`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from services.consultation.lookups.sources.domain import SourceCode

HEADER = "Samrad-Simulate"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what it does, and which parameters it needs and may have. `value` is one after its own name."""

    words: str
    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to go wrong; `size` is in bytes. What a kind does not take is left at its default."""

    kind: str
    source: SourceCode | None = None
    seconds: float = 0.0
    code: str | None = None
    size: int = 0
    status: int = 0
    element: str | None = None


class MalformedHeader(ValueError):
    """The header is not understood. The text is for the person who wrote it, and repeats nothing of it."""


def _kind(words: str, *, needs: str = "", may: str = "", value: str | None = None) -> Kind:
    return Kind(words, frozenset(needs.split()), frozenset(may.split()), value)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "late": _kind(
            "After `seconds` the composite service has given up on the source (SSBT, TIMEOUT). Without `source` the "
            "whole answer comes, but late.",
            may="source seconds",
        ),
        "bt": _kind("The source reports a fault of its own.", needs="source", may="code"),
        "ssbt": _kind("The composite service reports a fault for the source.", needs="source", may="code"),
        "absent": _kind("The source is asked, and is not in the answer.", needs="source"),
        "broken": _kind(
            "The document inside the document is cut off in the middle. A source that sends none answers with neither "
            "`data` nor `error`.",
            needs="source",
        ),
        "unreadable": _kind(
            "One value cannot be read: there are elements where there should be a text.", needs="source", may="element"
        ),
        "missing-element": _kind("A required element is not there.", needs="source", may="element"),
        "wrong-namespace": _kind("All that the source sent is in another namespace.", needs="source"),
        "slow-drip": _kind("The answer comes in twenty pieces over the seconds.", needs="seconds"),
        "huge": _kind("Blanks follow the answer, up to the bytes.", needs="bytes"),
        "fault": _kind("A SOAP fault with a detail.", may="code"),
        "generic-fault": _kind("A SOAP fault without a detail."),
        "status": _kind("The HTTP status, and a text instead of SOAP.", value="status"),
    }
)


def _number(least: int, most: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        return int(text) if text.isascii() and text.isdigit() and least <= int(text[:12]) <= most else None

    return read


def _source(text: str) -> SourceCode | None:
    return SourceCode(text) if text in set(SourceCode) else None


def _seconds(text: str) -> float | None:
    fits = re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text, re.ASCII) is not None
    return float(text) if fits and float(text) <= 120 else None


def _code(text: str) -> str | None:
    return text if re.fullmatch(r"[\x21-\x7e]{1,60}", text) else None


def _element(text: str) -> str | None:
    return text if re.fullmatch(r"[A-Za-z_][\w.-]{0,99}", text, re.ASCII) else None


_PARAMETERS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "source": (", ".join(SourceCode), _source),
    "seconds": ("0 to 120, with decimals", _seconds),
    "code": ("1 to 60 visible characters", _code),
    "bytes": ("1 to 1000000000", _number(1, 1_000_000_000)),
    "status": ("400 to 599", _number(400, 599)),
    "element": ("the local name of an element", _element),
}


def read_header(texts: Sequence[str]) -> tuple[Fault, ...]:
    """The faults that the header asks for, in order. Raises MalformedHeader."""
    return tuple(_read_fault(part) for text in texts for part in text.split(","))


def allowed() -> dict[str, object]:
    """What the header may hold, for the answer to one that is not understood."""
    return {
        "form": "kind; parameter=value; parameter=value, kind ...",
        "kinds": {
            name: {"needs": sorted(kind.needs), "may": sorted(kind.may), "is": f"{name}=" if kind.value else name}
            for name, kind in KINDS.items()
        },
        "parameters": {name: words for name, (words, _) in _PARAMETERS.items()},
    }


def _read_fault(text: str) -> Fault:
    head, *rest = (part.strip() for part in text.split(";"))
    name, given, value = (part.strip() for part in head.partition("="))
    kind = KINDS.get(name)
    if kind is None:
        raise MalformedHeader("no such kind of fault")
    if bool(given) is not (kind.value is not None):
        raise MalformedHeader(f"{name}: a value of its own is {'not ' if given else ''}expected")
    pairs = [(kind.value, value)] if kind.value else []
    for part in rest:
        parameter, equals, text = (each.strip() for each in part.partition("="))
        if not equals or parameter not in kind.needs | kind.may or parameter in dict(pairs):
            raise MalformedHeader(f"{name}: a parameter that it does not take, or takes once")
        pairs.append((parameter, text))
    if kind.needs - set(dict(pairs)):
        raise MalformedHeader(f"{name}: needs {', '.join(sorted(kind.needs))}")
    return _made(name, dict(pairs))


def _made(kind: str, pairs: Mapping[str, str]) -> Fault:
    values: dict[str, Any] = {}
    for name, text in pairs.items():
        words, read = _PARAMETERS[name]
        value = read(text)
        if value is None:
            raise MalformedHeader(f"{kind}: {name} is {words}")
        values["size" if name == "bytes" else name] = value
    return Fault(kind, **values)
