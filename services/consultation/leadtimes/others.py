"""What of others may be told: which groups, in which months, by the pools of `suppression`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.cuts import EVERY, Cut, Slice
from services.consultation.leadtimes.figures import read_tallies
from services.consultation.leadtimes.periods import Cell, Level, Period, month_of, months, next_month
from services.consultation.leadtimes.suppression import Atom, Pool, can_be_told, pools

ANSWERED = "answered"
"""The item that lead times are pooled by."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: its organisation, whether it is a party to everything, and below what others' numbers are held back."""

    organisation: str
    party_to_all: bool
    least: int


class FiguresWithheld(Exception):
    """The figures are of others, and nothing of that kind is told of others."""


Told = Mapping[str, int | None]
"""By group, how many of others it holds, or None when it may not be told; groups that are missing have nothing in the
month."""

_PLACES = {
    Cut.KIND: 0,
    Cut.AREA: 1,
    Cut.COUNTY: 2,
    Cut.MUNICIPALITY: 3,
    Cut.ORGANISATION: 4,
    Cut.UNIT: 5,
}
_NONE: Mapping[Atom, int] = {}
_FAMILY = {Cut.TYPE: "atom:type", Cut.CHANNEL: "atom:channel"}


def is_own(chosen: Slice, reader: Reader) -> bool:
    """Whether the slice is the reader's own organisation."""
    return chosen.cut is Cut.ORGANISATION and chosen.keys == (reader.organisation,)


async def atoms_of(
    connection: AsyncConnection, chosen: Slice, period: Period, item: str
) -> dict[date, dict[Atom, int]]:
    """How many of an item there were in each month of the period, by the atoms of the cut.

    Atoms are kept of few items: see `cells`.
    """
    family = Slice(Cut.ALL, None)
    labelled = [(str(month), Cell(Level.MONTH, month)) for month in month_starts(period)]
    rows = await read_tallies(connection, family, labelled, [item], cut=_FAMILY.get(chosen.cut, "atom:place"))
    found: dict[date, dict[Atom, int]] = defaultdict(dict)
    for row in rows:
        found[date.fromisoformat(row.label)][tuple(row.key.split("|"))] = row.number
    return found


def _organisation_of(chosen: Slice, atom: Atom) -> str:
    return atom[1] if chosen.cut in _FAMILY else atom[_PLACES[Cut.ORGANISATION]]


def _inside(chosen: Slice, atom: Atom, group: str) -> bool:
    """Whether what the atom holds is in the group, or could be: of types within a municipality nothing is known."""
    if chosen.cut is Cut.ALL:
        return True
    if chosen.cut in _FAMILY:
        return atom[0] == group
    key = atom[_PLACES[chosen.cut]]
    return key == (chosen.keys or (group,))[0] if chosen.by_type else key == group


def only_own(chosen: Slice, reader: Reader, atoms: Mapping[date, Mapping[Atom, int]]) -> bool:
    """Whether everything that the slice reaches is the reader's own."""
    if chosen.keys is None or chosen.cut is Cut.ALL:
        return False
    reached = [
        atom for held in atoms.values() for atom in held if any(_inside(chosen, atom, key) for key in chosen.keys)
    ]
    return bool(reached) and all(_organisation_of(chosen, atom) == reader.organisation for atom in reached)


def told_of_month(
    chosen: Slice, reader: Reader, atoms: Mapping[Atom, int], unsettled: Mapping[Atom, int] = _NONE
) -> Told:
    """Of one month. Types within a municipality are told of one's own alone, and so are days and weeks.

    `unsettled` is how many of each atom's may still come to something else: told again and again meanwhile, each would
    be seen to. A group with any of others' is not told.
    """
    others = {atom: number for atom, number in atoms.items() if _organisation_of(chosen, atom) != reader.organisation}
    if chosen.cut in _FAMILY:
        summed: dict[Atom, int] = defaultdict(int)
        for atom, number in others.items():
            summed[atom[:1]] += number
        others = dict(summed)
    parted = pools(others, reader.least)
    moving = [atom for atom in unsettled if _organisation_of(chosen, atom) != reader.organisation]

    def may(group: str) -> bool:
        settled = not any(_inside(chosen, atom, group) for atom in moving)
        return settled and _may(chosen, group, parted, reader.least)

    return {
        group: _number_of_others(chosen, group, parted) if may(group) else None for group in _groups_of(chosen, atoms)
    }


def others_by_group(chosen: Slice, reader: Reader, atoms: Mapping[Atom, int]) -> Mapping[str, int]:
    """How many are others', whether they may be told or not."""
    found: dict[str, int] = {}
    for group in _groups_of(chosen, atoms):
        held = (
            number
            for atom, number in atoms.items()
            if _organisation_of(chosen, atom) != reader.organisation and _inside(chosen, atom, group)
        )
        found[group] = sum(held)
    return found


def _number_of_others(chosen: Slice, group: str, parted: Sequence[Pool]) -> int:
    """Of a group that may be told, and so is made of whole pools."""
    return sum(pool.number for pool in parted if any(_inside(chosen, atom, group) for atom in pool.atoms))


def _may(chosen: Slice, group: str, parted: Sequence[Pool], least: int) -> bool:
    def inside(atom: Atom) -> bool:
        return _inside(chosen, atom, group)

    if chosen.by_type or chosen.types != (EVERY,):
        return not any(inside(atom) for pool in parted for atom in pool.atoms)
    return can_be_told(inside, parted, least)


def _groups_of(chosen: Slice, atoms: Iterable[Atom]) -> set[str]:
    if chosen.by_type:
        return set(chosen.types)
    if chosen.keys is not None:
        return set(chosen.keys)
    place = 0 if chosen.cut in _FAMILY else _PLACES[chosen.cut]
    keys = {atom[place] for atom in atoms}
    return {group for key in keys if (group := chosen.group_of(key, EVERY)) is not None}


def ended_months(period: Period, today: date) -> Period | None:
    """The whole months of the period that have ended; None when there is none."""
    first = period.first if period.first.day == 1 else next_month(period.first)
    beyond = min(month_of(period.beyond), month_of(today))
    return Period(first, beyond) if first < beyond else None


def month_starts(period: Period) -> list[date]:
    """The first day of each month that the period touches."""
    return [month_of(each.first) for each in months(period)]
