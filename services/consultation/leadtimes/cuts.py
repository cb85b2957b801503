"""Cuts: by what figures are grouped and narrowed, one at a time, and municipality by type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.consultation.leadtimes.areas import AREAS
from services.consultation.leadtimes.facts import NONE


class Cut(StrEnum):
    """What cells are kept by."""

    ALL = "all"
    ORGANISATION = "organisation"
    UNIT = "unit"
    AREA = "area"
    COUNTY = "county"
    MUNICIPALITY = "municipality"
    KIND = "kind"
    TYPE = "type"
    CHANNEL = "channel"
    SET = "set"


class Grouping(StrEnum):
    """What a report is grouped by: nothing, one of the cuts, or time."""

    NONE = "none"
    ORGANISATION = "organisation"
    UNIT = "unit"
    AREA = "area"
    COUNTY = "county"
    MUNICIPALITY = "municipality"
    KIND = "kind"
    TYPE = "type"
    CHANNEL = "channel"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"

    @property
    def of_time(self) -> bool:
        """Whether the groups are periods."""
        return self in (Grouping.MONTH, Grouping.WEEK, Grouping.DAY)


EVERY = "*"
"""Stands for all keys, or all types, in a cell."""


class CutNotKept(ValueError):
    """No cells are kept by this combination."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Cells of one cut: those with one of `keys` (None is all of them, `within` then tells which municipalities or
    counties) and one of `types`. `by_type` when the types are what the cells are told apart by.
    """

    cut: Cut
    keys: tuple[str, ...] | None
    types: tuple[str, ...] = (EVERY,)
    by_type: bool = False
    within: tuple[str, ...] | None = None

    def group_of(self, key: str, type_: str) -> str | None:
        """The group that a cell belongs to, or None when it is outside."""
        if self.within is not None and key[:2] not in self.within:
            return None
        if self.by_type:
            return type_
        return key


def slice_of(grouping: Grouping, narrowed: Mapping[Cut, str], types: Sequence[str]) -> Slice:
    """The cells for a grouping, narrowed to a key of one cut, or of municipality and type.

    `types` are all there are. Raises CutNotKept.
    """
    chosen = dict(narrowed)
    type_ = chosen.pop(Cut.TYPE, None)
    if grouping is Grouping.NONE or grouping.of_time:
        return _single(chosen, type_)
    cut = Cut(grouping.value)
    if cut is Cut.TYPE and chosen.keys() == {Cut.MUNICIPALITY} and type_ is None:
        return Slice(Cut.MUNICIPALITY, (chosen[Cut.MUNICIPALITY],), tuple(types), by_type=True)
    if cut is Cut.TYPE and not chosen:
        return Slice(cut, None if type_ is None else (type_,))
    if type_ is not None and (cut is not Cut.MUNICIPALITY or chosen.keys() - {Cut.MUNICIPALITY}):
        raise CutNotKept
    kept = (EVERY,) if type_ is None else (type_,)
    if not chosen or chosen.keys() == {cut}:
        return Slice(cut, (chosen[cut],) if chosen else None, kept)
    return Slice(cut, None, within=_counties(cut, chosen))


def _single(chosen: Mapping[Cut, str], type_: str | None) -> Slice:
    if len(chosen) > 1 or (type_ is not None and chosen.keys() - {Cut.MUNICIPALITY}):
        raise CutNotKept
    if not chosen:
        return Slice(Cut.ALL, (EVERY,)) if type_ is None else Slice(Cut.TYPE, (type_,))
    ((cut, key),) = chosen.items()
    return Slice(cut, (key,), (type_ or EVERY,))


def _counties(cut: Cut, chosen: Mapping[Cut, str]) -> tuple[str, ...]:
    """The counties that municipalities or counties are narrowed to: a municipality's code begins with its county's."""
    if cut is Cut.MUNICIPALITY and chosen.keys() == {Cut.COUNTY}:
        return (chosen[Cut.COUNTY],)
    if cut in (Cut.MUNICIPALITY, Cut.COUNTY) and chosen.keys() == {Cut.AREA}:
        return AREAS.get(chosen[Cut.AREA], (None, (NONE,)))[1]
    raise CutNotKept
