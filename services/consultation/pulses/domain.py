"""Which results of the pulse are told: with the share that answered and how many, and never of a few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

RATINGS = (1, 2, 3, 4, 5)
"""1 is the worst, 5 the best."""

FEWEST = 5
"""Answers without which no result is told."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Of one group: how many were closed, and how many answered with each of RATINGS. None when it is not told."""

    key: str
    closed: int
    n: int
    ratings: tuple[int, ...] | None

    @property
    def response_rate(self) -> float:
        """From 0 to 1."""
        return round(self.n / self.closed, 4) if self.closed else 0.0

    @property
    def mean(self) -> float | None:
        """The mean rating, to two decimals; None when it is not told."""
        if self.ratings is None:
            return None
        return round(sum(rating * number for rating, number in zip(RATINGS, self.ratings, strict=True)) / self.n, 2)


def without_small(groups: Sequence[Pulse]) -> list[Pulse]:
    """The groups, without the results of those in which fewer than FEWEST answered.

    Whoever knows the whole could take what is told from it. So what is not told has at least FEWEST answers together,
    if need be with the smallest of the others.
    """
    hidden = {group.key for group in groups if group.n < FEWEST}
    others = sorted((group for group in groups if group.key not in hidden), key=lambda group: (group.n, group.key))
    together = sum(group.n for group in groups if group.key in hidden)
    if 0 < together < FEWEST and others:
        hidden.add(others[0].key)
    return [replace(group, ratings=None) if group.key in hidden else group for group in groups]
