"""Skatteverket's JSON of version 11, whose form is not published: capital where it is as before, and else plain facts.

Keys are matched without regard to case, since version 10 wrote the same words as elements with capitals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.consultation.lookups.sources.ssbtek.readers import values
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes
from services.consultation.lookups.sources.ssbtek.xml import MAX_DEPTH, DocumentError

MAX_FACTS = 2000
"""Of one part."""

_TAX_YEAR, _STATUS = "taxeringsar", "statuspersonuppgiftkod"
_INCOME, _SURPLUS = "summaintakterpakapital", "overskottpakapital"
_SUBJECT = frozenset({"identitetsbeteckning", "personnummer", "personidentitet"})
_NAMES = frozenset({"fornamn", "efternamn", "mellannamn", "tilltalsnamn", "namn"})
_MARKS = ("sekretess", "skydd")
_NO = frozenset({"", "false", "0", "nej", "n"})

_Leaf = tuple[tuple[str, ...], Any]


@dataclass(slots=True)
class TaxContent:
    """What one part says.

    `capital` has a row per tax year as in version 10. `facts` are all other values with the way to each: keys and
    places in lists, from 1, with points between. A number is written out as a decimal string, without a currency,
    since nothing tells which numbers are money. Who the person is, is not repeated among them.
    """

    capital: list[dict[str, Any]] = field(default_factory=list, repr=False)
    facts: list[dict[str, str | bool]] = field(default_factory=list, repr=False)
    status: str | None = None
    subject: str | None = field(default=None, repr=False)
    protected: bool = False

    @property
    def has_content(self) -> bool:
        """Whether anything is registered."""
        return bool(self.capital or self.facts)

    @property
    def answers(self) -> bool:
        """Whether it can be seen that the part has answered about somebody at all."""
        return self.has_content or self.status is not None or self.subject is not None


def read_tax_json(document: object, notes: Notes) -> TaxContent:
    """Read a part's document as `parse_json` gives it. Raises DocumentError when it is nested too deep."""
    content = TaxContent()
    _read_capital(document, None, content, notes, 0)
    for path, value in _leaves(document, (), 0):
        _take(path, value, content, notes)
    return content


def _read_capital(value: object, tax_year: str | None, content: TaxContent, notes: Notes, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DocumentError("the inner document is nested too deep")
    if isinstance(value, Mapping):
        named = {str(key).casefold(): each for key, each in value.items()}
        tax_year = _text(named.get(_TAX_YEAR)) or tax_year
        if _INCOME in named or _SURPLUS in named:
            row = {"taxYear": tax_year, "income": _money(named, _INCOME, notes)}
            content.capital.append({**row, "surplus": _money(named, _SURPLUS, notes)})
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        _read_capital(each, tax_year, content, notes, depth + 1)


def _leaves(value: object, path: tuple[str, ...], depth: int) -> Iterator[_Leaf]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, (*path, str(key)), depth + 1)
    elif isinstance(value, list):
        for place, each in enumerate(value, start=1):
            yield from _leaves(each, (*path, str(place)), depth + 1)
    elif value is not None:
        yield path, value


def _take(path: tuple[str, ...], value: object, content: TaxContent, notes: Notes) -> None:
    name = next((step.casefold() for step in reversed(path) if not step.isdigit()), "")
    text = _text(value)
    if text is None and name not in {_INCOME, _SURPLUS} | _NAMES:
        notes.loses("unreadable value", "fact")
    if any(mark in name for mark in _MARKS):
        # What cannot be read may be a mark.
        content.protected = content.protected or text is None or text.lower() not in _NO
    elif name in _SUBJECT:
        content.subject = content.subject or text
    elif name == _STATUS:
        content.status = content.status or text
    elif text is not None and name not in {_TAX_YEAR, _INCOME, _SURPLUS} | _NAMES:
        _add_fact(".".join(path), value if isinstance(value, bool) else text, content, notes)


def _add_fact(name: str, value: str | bool, content: TaxContent, notes: Notes) -> None:
    if len(content.facts) == MAX_FACTS:
        notes.loses("too many values", "facts")
    else:
        content.facts.append({"name": name, "value": value})


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal):
        return values.written(value) or None
    return value.strip() if isinstance(value, str) else None


def _money(named: Mapping[str, object], key: str, notes: Notes) -> values.Money | None:
    value = named.get(key)
    if value is None:
        return None
    read = None if isinstance(value, bool) else values.money(_text(value) or "")
    if read is None:
        notes.loses("not an amount", key)
    return read
