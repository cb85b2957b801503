"""The open time of one year as sorted arrays, so that counting is a search and not a walk.

Instants are whole seconds since 1970-01-01 UTC, and a year runs from 1 January 00:00 UTC to the next.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

DAY = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()

OpeningOn = Callable[[date], tuple[int, int] | None]
"""When a local day opens and closes, in seconds on the wall clock since midnight; None for a closed day."""


@dataclass(frozen=True, slots=True)
class OpenYear:
    """Open spans `[starts[i], ends[i])` in order, with the open seconds that came `before[i]` in the year."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int

    def elapsed(self, instant: int) -> int:
        """Open seconds from the turn of the year to `instant`, which lies in the year."""
        span = bisect_right(self.starts, instant) - 1
        if span < 0:
            return 0
        return self.before[span] + min(instant, self.ends[span]) - self.starts[span]

    def first_with(self, seconds: int) -> int:
        """The first instant with `seconds` elapsed, from 1 to `total`."""
        span = bisect_left(self.before, seconds) - 1
        return self.starts[span] + seconds - self.before[span]

    def last_with(self, seconds: int) -> int:
        """The last instant with `seconds` elapsed, from 0 to one less than `total`."""
        span = bisect_right(self.before, seconds) - 1
        return self.starts[span] + seconds - self.before[span]


def start_of_year(year: int) -> int:
    """The instant at which the year begins in UTC."""
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def lay_out_year(year: int, zone: ZoneInfo, opening_on: OpeningOn) -> OpenYear:
    """Find every open span of the year: the instants whose local time of day lies within opening hours."""
    stretches = _stretches(start_of_year(year), start_of_year(year + 1), zone)
    spans = [span for stretch in stretches for span in _open_spans(*stretch, opening_on)]
    *before, total = accumulate((end - start for start, end in spans), initial=0)
    return OpenYear(tuple(start for start, _ in spans), tuple(end for _, end in spans), tuple(before), total)


def _stretches(start: int, end: int, zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Cut `[start, end)` where the clocks change: (start, end, seconds east of UTC) for each piece.

    Within a piece local time is UTC plus a constant, so neither a skipped nor a repeated hour needs a rule.
    """
    days = [range(midnight, midnight + DAY) for midnight in range(start, end, DAY)]
    changes = [_clock_change(day, zone) for day in days if _offset(day.start, zone) != _offset(day.stop, zone)]
    return [(first, last, _offset(first, zone)) for first, last in pairwise([start, *changes, end])]


def _clock_change(day: range, zone: ZoneInfo) -> int:
    """The first second with the offset that the day ends with."""
    after = _offset(day.stop, zone)
    return day.start + bisect_left(day, True, key=lambda instant: _offset(instant, zone) == after)


def _offset(instant: int, zone: ZoneInfo) -> int:
    shift = datetime.fromtimestamp(instant, zone).utcoffset() or timedelta()
    return shift // timedelta(seconds=1)


def _open_spans(start: int, end: int, offset: int, opening_on: OpeningOn) -> Iterator[tuple[int, int]]:
    for day in range((start + offset) // DAY, (end - 1 + offset) // DAY + 1):
        opening = opening_on(date.fromordinal(_EPOCH_DAY + day))
        if opening is None:
            continue
        midnight = day * DAY - offset
        opens, closes = max(start, midnight + opening[0]), min(end, midnight + opening[1])
        if opens < closes:
            yield opens, closes
