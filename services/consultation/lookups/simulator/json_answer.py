"""A source's `data` element as JSON with the same names: what the same source would answer over an API of its own."""

from typing import Any

from services.consultation.lookups.sources.ssbtek.xml import Element, children

_LISTS = frozenset(
    {"Beslut", "Arbetsloshetsersattning", "Utbetalningar", "Avstangningar", "fordon", "felresultat", "svar"}
)
"""What the contracts have any number of: always a list. `svar` is a text at CSN and SKV."""
_NUMBERS = frozenset({"ArbetssokandeOmfattning", "Omfattning", "StatusSokandeinformationKod", "felkod"})
_BOOLEANS = {"true": True, "false": False}


def as_json(element: Element) -> dict[str, Any]:
    """The children of an element as members."""
    return {name: _member(name, found) for name, found in children(element).items()}


def _member(name: str, found: list[Element]) -> Any:
    values = [_value(name, each) for each in found]
    is_list = len(values) > 1 or (name in _LISTS and not isinstance(values[0], str))
    return values if is_list else values[0]


def _value(name: str, element: Element) -> Any:
    if len(element):
        return as_json(element)
    text = (element.text or "").strip()
    if name in _NUMBERS and text.lstrip("-").isdigit():
        return int(text)
    # An element without content is an empty object where it would have children, as an empty list of decisions is.
    return _BOOLEANS.get(text, text) if text else ({} if name in _WRAPPERS else None)


_WRAPPERS = frozenset(
    {"EkonomiskaBeslut", "ArbetsloshetsersattningLista", "fordonsinnehav", "svarCollection", "response"}
)
