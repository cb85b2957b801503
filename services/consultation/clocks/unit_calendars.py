"""The calendars of the units of the answering authority: one for all, and what a unit has instead of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.opening_rules import OpeningRules
from services.consultation.clocks.versions import in_force, known


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """From the day `valid_from` the unit is open by `rules`; None is by the national ones again."""

    unit: str
    valid_from: date
    recorded_at: datetime
    rules: OpeningRules | None


class UnitCalendars:
    """What each unit's calendar is, and what it was known to be at an earlier instant.

    Calendars are remembered, so that the years they have laid out are laid out once.
    """

    def __init__(self, national: OpeningRules, versions: Iterable[CalendarVersion] = ()) -> None:
        self._national = national
        self._of_unit: dict[str, list[CalendarVersion]] = {}
        for version in versions:
            self._of_unit.setdefault(version.unit, []).append(version)
        self._made: dict[tuple[CalendarVersion, ...], BusinessCalendar] = {}

    def of(self, unit: str | None, known_at: datetime) -> BusinessCalendar:
        """The unit's calendar by the versions recorded at `known_at`; the national one when it has none."""
        versions = known(self._of_unit.get(unit or "", ()), known_at)
        made = self._made.get(versions)
        if made is None:
            made = self._made[versions] = self._calendar(versions)
        return made

    def recorded_of(self, unit: str | None) -> list[datetime]:
        """When the unit's calendar was told anew, in order."""
        return sorted(version.recorded_at for version in self._of_unit.get(unit or "", ()))

    def _calendar(self, versions: tuple[CalendarVersion, ...]) -> BusinessCalendar:
        def opening_on(day: date) -> tuple[int, int] | None:
            version = in_force(versions, day)
            rules = version.rules if version is not None and version.rules is not None else self._national
            return rules.opening_on(day)

        return BusinessCalendar(opening_on, self._national.working_day_seconds)
