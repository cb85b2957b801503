"""The working time within which a question is to be answered: by type and unit, with dates of validity."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from services.consultation.clocks.versions import in_force, known
from services.consultation.clocks.zone import SWEDEN


class TargetLevel(StrEnum):
    """Where a target comes from, the most specific first."""

    UNIT = "unit"
    NATIONAL = "national"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class TargetVersion:
    """From the day `valid_from`: so many working seconds for the type, in the unit or, with None, in every unit.

    None seconds is that there no longer is one on this level.
    """

    unit: str | None
    type: str
    valid_from: date
    recorded_at: datetime
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Target:
    """Working seconds, and where they come from."""

    seconds: int
    level: TargetLevel


@dataclass(frozen=True, slots=True)
class TargetPeriod:
    """In force in `[start, end)`; the last has no end."""

    start: datetime
    end: datetime | None
    target: Target


class Targets:
    """Which target is in force: the unit's for the type, else the national one for the type, else the default.

    Every target names its type, so there is never a choice between one for a unit and one for a type: a level either
    has a target for the type that day, and then it decides, or it has none.
    """

    def __init__(self, defaults: Mapping[str, int], versions: Iterable[TargetVersion] = ()) -> None:
        """`defaults` holds the working seconds of every type."""
        self._defaults = defaults
        self._versions: dict[tuple[str | None, str], list[TargetVersion]] = {}
        for version in versions:
            self._versions.setdefault((version.unit, version.type), []).append(version)

    def at(self, instant: datetime, unit: str | None, consultation_type: str, known_at: datetime) -> Target:
        """The target in force at the instant, by the versions recorded at `known_at`."""
        return self._on(
            instant.astimezone(SWEDEN).date(), self._levels(unit, consultation_type, known_at), consultation_type
        )

    def periods(
        self,
        start: datetime,
        end: datetime | None,
        unit: str | None,
        consultation_type: str,
        known_at: datetime,
    ) -> list[TargetPeriod]:
        """The targets in force one after the other in `[start, end)`, as known at `known_at`; at least one."""
        levels = self._levels(unit, consultation_type, known_at)
        first = start.astimezone(SWEDEN).date()
        begin = {_midnight(version.valid_from) for _, versions in levels for version in versions}
        starts = [start, *sorted(each for each in begin if start < each and (end is None or each < end))]
        days = [first, *(each.astimezone(SWEDEN).date() for each in starts[1:])]
        ends = [*starts[1:], end]
        return [
            TargetPeriod(begins, ends_at, self._on(day, levels, consultation_type))
            for begins, ends_at, day in zip(starts, ends, days, strict=True)
        ]

    def recorded_of(self, unit: str | None, consultation_type: str) -> list[datetime]:
        """When a target that may concern the unit and the type was told anew, in order."""
        units = {None, unit}
        return sorted(
            version.recorded_at for each in units for version in self._versions.get((each, consultation_type), ())
        )

    def _levels(
        self,
        unit: str | None,
        consultation_type: str,
        known_at: datetime,
    ) -> list[tuple[TargetLevel, tuple[TargetVersion, ...]]]:
        national = (TargetLevel.NATIONAL, known(self._versions.get((None, consultation_type), ()), known_at))
        if unit is None:
            return [national]
        return [(TargetLevel.UNIT, known(self._versions.get((unit, consultation_type), ()), known_at)), national]

    def _on(
        self,
        day: date,
        levels: list[tuple[TargetLevel, tuple[TargetVersion, ...]]],
        consultation_type: str,
    ) -> Target:
        for level, versions in levels:
            version = in_force(versions, day)
            if version is not None and version.seconds is not None:
                return Target(version.seconds, level)
        return Target(self._defaults[consultation_type], TargetLevel.DEFAULT)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SWEDEN).astimezone(UTC)
