"""Rules with dates of validity: what is in force on a day, and what was known at an instant.

A version begins on a Swedish calendar day, which is never earlier than the day on which it was recorded. So what has
been counted is never counted differently, and what was promised at an instant follows from what was known then.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol, TypeVar


class Version(Protocol):
    """In force from the day `valid_from` until the next one is; known since `recorded_at` (aware)."""

    @property
    def valid_from(self) -> date:
        """The first Swedish calendar day."""

    @property
    def recorded_at(self) -> datetime:
        """Since when it is known."""


Kind = TypeVar("Kind", bound=Version)


def known(versions: Iterable[Kind], at: datetime) -> tuple[Kind, ...]:
    """The versions that had been recorded at the instant, in the order in which they begin.

    Of two that begin on the same day only the one recorded last is left.
    """
    recorded = sorted((each for each in versions if each.recorded_at <= at), key=lambda each: each.recorded_at)
    latest = {each.valid_from: each for each in recorded}
    return tuple(latest[day] for day in sorted(latest))


def in_force(versions: Iterable[Kind], on: date) -> Kind | None:
    """The version of the day, among `known` ones; None before the first."""
    return max((each for each in versions if each.valid_from <= on), key=lambda each: each.valid_from, default=None)
