"""Working time: how much of it lies between two instants, and which instant lies so much of it away."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.consultation.clocks.open_year import DAY, OpeningOn, OpenYear, lay_out_year, start_of_year

FIRST_YEAR, LAST_YEAR = 1970, 2099

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_YEAR_STARTS = tuple(start_of_year(year) for year in range(FIRST_YEAR, LAST_YEAR + 2))


def _since_midnight(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open from `opens` until just before `closes`, local time; 00:00 closes at the midnight after."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        opens, closes = self.seconds
        if opens >= closes:
            raise ValueError(f"opening hours end after they begin, on the same day: {self.opens}-{self.closes}")

    @property
    def seconds(self) -> tuple[int, int]:
        """Opening and closing in seconds on the wall clock since midnight."""
        return _since_midnight(self.opens), _since_midnight(self.closes) or DAY


Week = tuple[OpeningHours | None, ...]
"""Seven, Monday to Sunday; None for a day that is always closed."""

_OFFICE = OpeningHours(time(8), time(17))
OFFICE_WEEK: Week = (_OFFICE, _OFFICE, _OFFICE, _OFFICE, _OFFICE, None, None)


@dataclass(frozen=True)
class BusinessCalendar:
    """An instant is working time when `opening_on` its local day holds its local time of day.

    A calendar may change from one day to the next, so rules with dates of validity need nothing more than a function
    that knows them (`unit_calendars.py`). `working_day_seconds` is a working day as a measure.

    Hours are read off the wall clock: across the hour that a spring night skips there is one hour less, and
    across the one that an autumn night repeats one hour more. Instants must be aware (TypeError) and lie in
    1970-2099 UTC (ValueError), the years whose closed days are known. They are read to the whole second,
    fractions dropped, so that parts of a span always add up to the whole.
    """

    opening_on: OpeningOn
    working_day_seconds: int = 9 * 3600
    zone_name: str = "Europe/Stockholm"
    _years: dict[int, OpenYear] = field(default_factory=dict, init=False, repr=False, compare=False)

    def open_seconds(self, start: datetime, end: datetime) -> int:
        """Working seconds in `[start, end)`. ValueError when the end comes first."""
        first, last = _second_of(start), _second_of(end)
        if last < first:
            raise ValueError("the end lies before the start")
        first_year, last_year = _year_of(first), _year_of(last)
        earlier = sum(self._year(year).total for year in range(first_year, last_year))
        return earlier + self._year(last_year).elapsed(last) - self._year(first_year).elapsed(first)

    def add(self, start: datetime, open_seconds: int) -> datetime:
        """The first instant, in UTC, at which so many working seconds have passed since `start`.

        Work that fills a day is done when the day closes, not when the next one opens.
        ValueError for a negative amount, or one that reaches past the last year.
        """
        second = _second_of(start)
        if _checked(open_seconds) == 0:
            return _instant(second)
        year = _year_of(second)
        wanted = self._year(year).elapsed(second) + open_seconds
        while wanted > self._year(year).total:
            wanted -= self._year(year).total
            year += 1
        return _instant(self._year(year).first_with(wanted))

    def subtract(self, end: datetime, open_seconds: int) -> datetime:
        """The last instant, in UTC, from which so many working seconds remain until `end`.

        The mirror of `add`: a full day before closing time is the opening, not the evening before.
        ValueError for a negative amount, or one that reaches past the first year.
        """
        second = _second_of(end)
        if _checked(open_seconds) == 0:
            return _instant(second)
        year = _year_of(second)
        wanted = self._year(year).elapsed(second) - open_seconds
        while wanted < 0:
            year -= 1
            wanted += self._year(year).total
        return _instant(self._year(year).last_with(wanted))

    def _year(self, year: int) -> OpenYear:
        known = self._years.get(year)
        if known is None:
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise ValueError(f"the calendar covers {FIRST_YEAR}-{LAST_YEAR}")
            known = self._years[year] = lay_out_year(year, ZoneInfo(self.zone_name), self.opening_on)
        return known


def _second_of(instant: datetime) -> int:
    # Python compares and subtracts two instants of one zone by wall clock, which loses the repeated hour.
    return (instant - _EPOCH) // _SECOND


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _year_of(second: int) -> int:
    return FIRST_YEAR - 1 + bisect_right(_YEAR_STARTS, second)


def _checked(open_seconds: int) -> int:
    if open_seconds < 0:
        raise ValueError("an amount of working time is not negative")
    return open_seconds
