"""Small numbers: which cells can be told to somebody who is no party to what they count.

What can be told is made of *pools*. Each month's consultations of others are parted into pools of at least a
threshold, and a cell is told only when it is made up of whole pools. Every figure that is told, and every sum and
difference of such figures, is then a sum and difference of whole pools: no part of a pool can be derived, whatever
is subtracted from whatever. What the reader asked itself it knows anyway, so it is left out of the pools.

An *atom* is the smallest thing that cells are made of, as a path from wide to narrow: kind, area, county,
municipality, organisation and unit; or only a type, or only a channel.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

Atom = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Atoms that are told together or not at all, and how many consultations they hold."""

    atoms: tuple[Atom, ...]
    number: int

    def fit(self, least: int) -> bool:
        """Whether it can be told: any of its atoms may hold the threshold, for all that anybody can know.

        That an atom holds something may be known, so each of the others takes one.
        """
        return self.number - len(self.atoms) + 1 >= least

    def joined(self, others: Iterable["Pool"]) -> "Pool":
        """One pool of them all."""
        every = [self, *others]
        atoms = tuple(sorted(atom for pool in every for atom in pool.atoms))
        return Pool(atoms, sum(pool.number for pool in every))


def pools(numbers: Mapping[Atom, int], least: int) -> list[Pool]:
    """The atoms of one month parted into pools; if all of them together are too few, one that is not fit.

    What is too small is joined with what is small beside it: within the organisation first, then the municipality,
    the county and so on, and when that is not enough with the smallest that is large enough.
    """
    found = [Pool((atom,), number) for atom, number in numbers.items() if number > 0]
    width = max((len(pool.atoms[0]) for pool in found), default=0)
    for depth in range(width, -1, -1):
        found = [pool for _, beside in _by_path(found, depth) for pool in _joined(sorted(beside, key=_by_size), least)]
    return found


def _by_path(found: Sequence[Pool], depth: int) -> Iterator[tuple[Atom, Iterator[Pool]]]:
    def path(pool: Pool) -> Atom:
        return pool.atoms[0][:depth]

    return groupby(sorted(found, key=path), key=path)


def _by_size(pool: Pool) -> tuple[int, tuple[Atom, ...]]:
    return pool.number, pool.atoms


def _joined(beside: Sequence[Pool], least: int) -> Sequence[Pool]:
    small = [pool for pool in beside if not pool.fit(least)]
    if not small:
        return beside
    large = [pool for pool in beside if pool.fit(least)]
    pool = small[0].joined(small[1:])
    while not pool.fit(least) and large:
        pool = pool.joined([large.pop(0)])
    return [pool, *large]


def can_be_told(inside: Callable[[Atom], bool], parted: Collection[Pool], least: int) -> bool:
    """Whether the cell of the atoms for which `inside` holds is made up of whole pools that are fit."""
    for pool in parted:
        held = sum(inside(atom) for atom in pool.atoms)
        if held and (held < len(pool.atoms) or not pool.fit(least)):
            return False
    return True


def is_told(share: float, of_others: int, least: int) -> bool:
    """Whether a percentile, from 0 to 1, of a group with so many of others' answers can be told.

    At least the threshold of them lie on each side of it. Of one's own alone, any can.
    """
    return of_others == 0 or min(share, 1 - share) * of_others >= least
