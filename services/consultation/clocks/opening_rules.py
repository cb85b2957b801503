"""When an office is open: hours by weekday, holidays, half days and days of its own when it is closed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from services.consultation.clocks.domain import Week

_DAY = timedelta(days=1)


class HalfDayRule(StrEnum):
    """Days that come back every year, on dates of their own."""

    DAY_BEFORE_HOLIDAY = "day_before_holiday"
    BRIDGE_DAY = "bridge_day"


@dataclass(frozen=True, slots=True)
class HalfDay:
    """On this date, or on each day of this rule, the office closes early: at `closes`, local time."""

    on: date | HalfDayRule
    closes: time


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """Open in `week`, but not on holidays nor on `closed_days`, and until the earlier hour on half days.

    Of a half day by date and one by rule the date decides; of several by rule, the earliest hour. A day that
    would close before it opens is closed. ValueError for a week that is not seven days, or never open.
    """

    week: Week
    is_holiday: Callable[[date], bool]
    closed_days: frozenset[date] = frozenset()
    half_days: tuple[HalfDay, ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7 or not any(self.week):
            raise ValueError("a week has seven days, open on one of them at least")

    @property
    def working_day_seconds(self) -> int:
        """A working day as a measure: the longest opening of the week, in seconds."""
        return max(hours.seconds[1] - hours.seconds[0] for hours in self.week if hours)

    def opening_on(self, day: date) -> tuple[int, int] | None:
        """When the day opens and closes, in seconds on the wall clock since midnight; None for a closed day."""
        hours = self.week[day.weekday()]
        if hours is None or self._is_closed(day):
            return None
        opens, closes = hours.seconds
        early = self._early_closing(day)
        if early is not None:
            closes = min(closes, early.hour * 3600 + early.minute * 60 + early.second)
        return (opens, closes) if opens < closes else None

    def _is_closed(self, day: date) -> bool:
        return self.is_holiday(day) or day in self.closed_days

    def _early_closing(self, day: date) -> time | None:
        dated = [half.closes for half in self.half_days if half.on == day]
        by_rule = [
            half.closes for half in self.half_days if isinstance(half.on, HalfDayRule) and self._is(half.on, day)
        ]
        return min(dated or by_rule, default=None)

    def _is(self, rule: HalfDayRule, day: date) -> bool:
        if rule is HalfDayRule.DAY_BEFORE_HOLIDAY:
            return self.is_holiday(day + _DAY)
        around = (day - _DAY, day + _DAY)
        off = [self.week[each.weekday()] is None or self.is_holiday(each) for each in around]
        return all(off) and any(self.is_holiday(each) for each in around)
