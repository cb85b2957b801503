"""Every figure of the lead-time reports, counted again from events: the definitions of docs/lead-times.md, read slowly.

It takes the events of each consultation as they were recorded, with what was told when it was opened, and keeps no
sums: each figure goes through all of them. Working time is laid day by day, nationally, to the second. Of the product
it shares the time zone database alone.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache, cached_property
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.lead_times import percentile
from tests.reference.swedish_days import closed_days

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OPENS, CLOSES = time(8), time(17)
DAY_SECONDS = 9 * 3600
TARGET_SECONDS = {"information_request": 18 * 3600}
OTHER_TARGET_SECONDS = 27 * 3600
COUNTS = ("answering_authority", "secrecy_test", "post")
TURNS = {
    "answering_authority": "answeringAuthority",
    "municipality": "municipality",
    "person": "person",
    "post": "post",
    "secrecy_test": "secrecyTest",
    "meeting": "meeting",
}
HEARD = ("asked_back", "called_back", "meeting_refused", "meeting_booked", "sent_by_post", "answered", "rejected")
ANSWERS = ("answered", "dispatched")
REASONS = (
    *("secrecy_unclear", "wrong_channel", "question_incomplete"),
    *("needs_specialist", "no_callback", "system_down"),
)
MANUAL = {"phone": 12, "post": 20, "remote_meeting": 45, "local_office": 60}
BY_NATURE = {
    "called_back": "phone",
    "sent_by_post": "post",
    "meeting_held": "remote_meeting",
    "meeting_missed": "remote_meeting",
}
STATES = (
    *("received", "triaged", "secrecy_test", "in_progress", "waiting_for_municipality", "waiting_for_person"),
    *("waiting_for_meeting", "sent_by_post", "answered", "closed", "rejected", "withdrawn"),
)
AGES = (1, 3, 5, 10, 20)
AREAS = {
    "SE11": ("01",),
    "SE12": ("03", "04", "05", "18", "19"),
    "SE21": ("06", "07", "08", "09"),
    "SE22": ("10", "12"),
    "SE23": ("13", "14"),
    "SE31": ("17", "20", "21"),
    "SE32": ("22", "23"),
    "SE33": ("24", "25"),
}
EXACT_BELOW = 1000
MOST_DAYS = 60
"""What takes longer, until a physical meeting, is told as so many working days."""


@dataclass(frozen=True)
class Event:
    """One event when it really happened. `reason` is None for most."""

    sequence: int
    at: datetime
    action: str
    state: str
    turn: str
    unit: str
    channel: str
    reason: str | None


def happened(rows: Iterable[Mapping[str, Any]]) -> tuple[Event, ...]:
    """From recorded rows in order: each at the time, and by the channel, that was said last of it."""
    rows = list(rows)
    corrections = [row["detail"] for row in rows if row["action"] == "corrected"]
    times = {each["sequence"]: each["happenedAt"] for each in corrections if each.get("happenedAt")}
    channels = {each["sequence"]: each["channel"] for each in corrections if each.get("channel")}
    return tuple(
        Event(
            sequence=row["sequence"],
            at=_instant(times.get(row["sequence"]) or row["happened_at"] or row["at"]),
            action=row["action"],
            state=row["state"],
            turn=row["turn"],
            unit=row["unit"],
            channel=channels.get(row["sequence"], row["channel"]),
            reason=row["detail"].get("reason"),
        )
        for row in rows
        if row["action"] != "corrected"
    )


def _instant(told: str | datetime) -> datetime:
    return (datetime.fromisoformat(told) if isinstance(told, str) else told).astimezone(UTC)


def open_seconds(start: datetime, end: datetime) -> int:
    """Working seconds in `[start, end)`, day by day."""
    first, last = start.astimezone(STOCKHOLM).date(), end.astimezone(STOCKHOLM).date()
    total = timedelta(0)
    for number in range((last - first).days + 1):
        opens, closes = _hours(first + timedelta(days=number))
        total += max(timedelta(0), min(end, closes) - max(start, opens))
    return total // timedelta(seconds=1)


@cache
def _hours(day: date) -> tuple[datetime, datetime]:
    """From when to when it is open, in UTC; a closed day closes when it opens."""
    opens, closes = (datetime.combine(day, at, STOCKHOLM).astimezone(UTC) for at in (OPENS, CLOSES))
    return opens, opens if day.weekday() > 4 or day in closed_days(day.year) else closes


def day_of(instant: datetime) -> date:
    """The Swedish day."""
    return instant.astimezone(STOCKHOLM).date()


@dataclass(frozen=True)
class Asked:
    """One consultation: what was told when it was opened, and its events.

    `meetings` are the physical ones: when each begins, by the sequence of the event that booked it.
    """

    organisation: str
    type: str
    category: str | None
    cooperation: str | None
    municipality: str | None
    county: str | None
    kind: str
    sets: tuple[str, ...]
    events: tuple[Event, ...]
    meetings: Mapping[int, datetime] = field(default_factory=dict)

    def key(self, cut: str) -> str:
        """What it is counted under."""
        keys = {
            "none": "all",
            "all": "all",
            "organisation": self.organisation.removeprefix("0007:"),
            "unit": self.events[-1].unit,
            "area": next((area for area, counties in AREAS.items() if self.county in counties), "none"),
            "county": self.county or "none",
            "municipality": self.municipality or "none",
            "kind": self.kind,
            "type": self.type,
            "channel": self.events[0].channel,
        }
        return keys[cut]

    @property
    def demanded(self) -> tuple[str, ...]:
        """The sets that it names, else its category."""
        return self.sets or ((self.category,) if self.category else ())

    @property
    def target(self) -> int:
        """Working seconds."""
        return TARGET_SECONDS.get(self.type, OTHER_TARGET_SECONDS)

    @cached_property
    def answer(self) -> Event | None:
        """The first event that answered it."""
        return next((event for event in self.events if event.action in ANSWERS), None)

    @cached_property
    def answered_on(self) -> date | None:
        """The Swedish day."""
        return None if self.answer is None else day_of(self.answer.at)

    def intervals(self, until: datetime) -> Iterator[tuple[Event, datetime, datetime]]:
        """Each event with the time from it to the next."""
        for event, following in zip(self.events, [*self.events[1:], None], strict=True):
            end = until if following is None else min(following.at, until)
            if event.at < end:
                yield event, event.at, end

    @cached_property
    def measured(self) -> dict[str, int]:
        """Working seconds by measure, of one that was answered."""
        if self.answer is None:
            raise ValueError("nothing is measured before there is an answer")
        turns: Counter[str] = Counter()
        touch = 0
        for event, start, end in self.intervals(self.answer.at):
            seconds = open_seconds(start, end)
            turns[event.turn] += seconds
            touch += seconds if event.state in ("in_progress", "secrecy_test") else 0
        heard = next(event.at for event in self.events if event.action in HEARD)
        first = open_seconds(self.events[0].at, heard)
        return {"total": turns.total(), "firstResponse": first, "touch": touch} | {
            name: turns[turn] for turn, name in TURNS.items()
        }

    @property
    def within(self) -> bool:
        """Whether what counts is at most the target."""
        return sum(self.measured[TURNS[turn]] for turn in COUNTS) <= self.target

    def due(self, until: datetime) -> datetime | None:
        """When what counts reached the target; None when it had not by then."""
        left = self.target
        for event, start, end in self.intervals(until):
            if event.turn in COUNTS:
                seconds = open_seconds(start, end)
                if seconds >= left:
                    return _after(start, left)
                left -= seconds
        return None

    def clock_stopped(self) -> datetime | None:
        """Since when the clock has stood still, whoever was waited for."""
        stopped = None
        for event in self.events:
            if event.turn in COUNTS:
                stopped = None
            elif stopped is None:
                stopped = event.at
        return stopped

    def manual_steps(self) -> Iterator[tuple[Event, str]]:
        """Events that were work by hand, with the channel whose standard minutes they stand for."""
        for event in self.events:
            channel = event.channel if event.channel in MANUAL else BY_NATURE.get(event.action)
            if channel is not None:
                yield event, channel

    def delays(self) -> Iterator[tuple[date, str, int]]:
        """Day, reason and working seconds lost; of a delay that is not over none yet."""
        for place, event in enumerate(self.events):
            if event.reason not in REASONS:
                continue
            moved = place == 0 or self.events[place - 1].turn != event.turn
            later = self.events[place + 1 :]
            over = next((each.at for each in later if not moved or each.turn != event.turn), None)
            yield day_of(event.at), str(event.reason), 0 if over is None else open_seconds(event.at, over)

    def wishes(self) -> Iterator[tuple[date, str, int | None]]:
        """Of each physical meeting that is asked for its day, what became of it, and how many working days it took.

        No meeting is cancelled in a simulated year.
        """
        waits: date | None = None
        for event in self.events:
            if event.action == "meeting_requested":
                waits = day_of(event.at)
            elif waits is not None and event.action == "meeting_refused":
                yield waits, "refused", None
                waits = None
            elif waits is not None and event.sequence in self.meetings:
                took = open_days(waits, day_of(self.meetings[event.sequence]))
                yield waits, "granted", min(took, MOST_DAYS)
                waits = None
        if waits is not None:
            ended = self.events[-1].state in ("answered", "closed", "rejected", "withdrawn")
            yield waits, "notGranted" if ended else "waiting", None


def open_days(after: date, until: date) -> int:
    """Working days from the day after the first one up to and with the other."""
    days = (after + timedelta(days=number + 1) for number in range((until - after).days))
    return sum(opens < closes for opens, closes in map(_hours, days))


def _after(start: datetime, seconds: int) -> datetime:
    """The first instant by which so many working seconds, at least one, have gone."""
    day = day_of(start)
    while True:
        opens, closes = _hours(day)
        opens = max(start, opens)
        there = max(timedelta(0), closes - opens) // timedelta(seconds=1)
        if there >= seconds:
            return opens + timedelta(seconds=seconds)
        seconds, day = seconds - there, day + timedelta(days=1)


def label(grouping: str, day: date) -> str:
    """What the group of time is called."""
    year, week, _ = day.isocalendar()
    return {"month": f"{day:%Y-%m}", "week": f"{year}-W{week:02}", "day": str(day)}[grouping]


@dataclass(frozen=True)
class Question:
    """A period, both days included, what it is grouped by, and what it is narrowed to."""

    first: date
    last: date
    grouping: str = "none"
    narrowed: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_time(self) -> bool:
        """Whether the groups are periods."""
        return self.grouping in ("month", "week", "day")

    def holds(self, asked: Asked) -> bool:
        """Whether it is about this one."""
        return all(asked.key(cut) == value for cut, value in self.narrowed.items())

    def group(self, asked: Asked, day: date) -> str:
        """The group that it is in, for something of that day."""
        return label(self.grouping, day) if self.of_time else asked.key(self.grouping)

    def labels(self) -> list[str]:
        """Of the groups of time, in order."""
        days = [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]
        return list(dict.fromkeys(label(self.grouping, day) for day in days))


Things = Iterable[tuple[date, str, int]]


@dataclass(frozen=True)
class Year:
    """All consultations there are, as the answering authority sees them."""

    asked: Sequence[Asked]

    def lead_times(self, question: Question, shares: Sequence[str]) -> list[dict[str, Any]]:
        """Groups of what was answered, with seconds where the API tells minutes."""
        groups: dict[str, list[Asked]] = defaultdict(list)
        for each in self._answered(question):
            groups[question.group(each, each.answered_on or question.first)].append(each)
        return [{"key": key, **_spread_out(groups[key], shares)} for key in sorted(groups)]

    def counted(
        self, question: Question, things: Callable[[Asked], Things]
    ) -> list[tuple[str, Counter[str], Counter[str]]]:
        """By group: how many of each thing, and how much of it."""
        numbers: dict[str, Counter[str]] = defaultdict(Counter)
        amounts: dict[str, Counter[str]] = defaultdict(Counter)
        for each in filter(question.holds, self.asked):
            for day, name, amount in things(each):
                if question.first <= day <= question.last:
                    group = question.group(each, day)
                    numbers[group][name] += 1
                    amounts[group][name] += amount
        keys = question.labels() if question.of_time else sorted(numbers)
        return [(key, numbers[key], amounts[key]) for key in keys]

    def throughput(self, question: Question) -> list[dict[str, Any]]:
        """As `GET /throughput`."""
        names = {"opened": "opened", "answered": "answered", "closed": "closed", "rejected": "rejected"}
        names |= {"withdrawn": "withdrawn", "within": "withinTarget", "cooperation": "cooperationCases"}
        return [
            {"key": key, **{told: numbers[name] for name, told in names.items()}}
            for key, numbers, _ in self.counted(question, _came_and_went)
        ]

    def delay_reasons(self, question: Question, most: int) -> list[dict[str, Any]]:
        """As `GET /delay-reasons`."""
        groups = []
        for key, numbers, amounts in self.counted(question, Asked.delays):
            causes = sorted(numbers, key=lambda reason: (-amounts[reason], -numbers[reason], reason))
            told = [
                {"reason": each, "count": numbers[each], "hoursLost": round(amounts[each] / 3600, 2)}
                for each in causes[:most]
            ]
            groups.append({"key": key, "causes": told})
        return groups

    def manual_work(self, question: Question) -> list[dict[str, Any]]:
        """As `GET /manual-work`."""
        groups = []
        for key, numbers, _ in self.counted(question, _by_hand):
            steps = [
                {"channel": channel, "steps": numbers[channel], "minutes": numbers[channel] * minutes}
                for channel, minutes in MANUAL.items()
            ]
            groups.append(
                {
                    "key": key,
                    "answered": numbers["answered"],
                    "answeredWithoutManualStep": numbers["without"],
                    "minutes": sum(numbers[channel] * minutes for channel, minutes in MANUAL.items()),
                    "steps": steps,
                }
            )
        return groups

    def physical_meetings(self, question: Question) -> list[dict[str, Any]]:
        """As `GET /physical-meetings`."""
        wishes: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
        for each in filter(question.holds, self.asked):
            for day, outcome, took in each.wishes():
                if question.first <= day <= question.last:
                    wishes[question.group(each, day)].append((outcome, took))
        groups = []
        for key in sorted(wishes):
            numbers = Counter(outcome for outcome, _ in wishes[key])
            days = [took for _, took in wishes[key] if took is not None]
            outcomes = {name: numbers[name] for name in ("granted", "refused", "notGranted", "waiting")}
            in_time = sum(took <= 10 for took in days)
            middle = float(median(days)) if days else None
            groups.append(
                {
                    "key": key,
                    "requests": len(wishes[key]),
                    **outcomes,
                    "inTime": in_time,
                    "medianWorkingDays": middle,
                }
            )
        return groups

    def demand(self, question: Question) -> list[tuple[str, int, int, Fraction | None]]:
        """Code, how often asked for and answered, and the median of those answered, in seconds."""
        asked: Counter[str] = Counter()
        answered: dict[str, list[int]] = defaultdict(list)
        for each in self.asked:
            if question.first <= day_of(each.events[0].at) <= question.last:
                asked.update(each.demanded)
        for each in self._answered(question):
            for code in each.demanded:
                answered[code].append(each.measured["total"])
        codes = sorted({*asked, *answered}, key=lambda code: (-asked[code], code))
        return [(code, asked[code], len(answered[code]), _median(answered[code])) for code in codes]

    def cumulative_flow(self, question: Question) -> list[dict[str, Any]]:
        """As `GET /cumulative-flow`."""
        days = [question.first + timedelta(days=number) for number in range((question.last - question.first).days + 1)]
        held = [dict.fromkeys(STATES, 0) for _ in days]
        for each in filter(question.holds, self.asked):
            places = [max(0, (day_of(event.at) - question.first).days) for event in each.events]
            for event, begin, end in zip(each.events, places, [*places[1:], len(days)], strict=True):
                for place in range(begin, min(end, len(days))):
                    held[place][event.state] += 1
        return [{"day": str(day), "states": states} for day, states in zip(days, held, strict=True)]

    def open_now(self, now: datetime, cut: str, narrowed: Mapping[str, str]) -> list[dict[str, Any]]:
        """What is open by the keys of a cut (`turn` is one) and age: as `GET /ageing`."""
        found: dict[str, list[Asked]] = defaultdict(list)
        for each in filter(Question(date.min, date.max, narrowed=narrowed).holds, self.asked):
            if each.events[-1].turn != "nobody":
                found[each.events[-1].turn if cut == "turn" else each.key(cut)].append(each)
        return [_aged(key, found[key], now) for key in sorted(found)]

    def share_answered_within(
        self, question: Question, units: Sequence[str], share: Fraction
    ) -> tuple[int, Fraction | None]:
        """How many were answered, and the seconds in which that share of them was."""
        totals = [each.measured["total"] for each in self._answered(question) if not units or each.key("unit") in units]
        return len(totals), percentile(totals, share) if totals else None

    def _answered(self, question: Question) -> list[Asked]:
        return [
            each
            for each in filter(question.holds, self.asked)
            if each.answered_on is not None and question.first <= each.answered_on <= question.last
        ]


def _spread_out(group: Sequence[Asked], shares: Sequence[str]) -> dict[str, Any]:
    def spread(name: str) -> list[Fraction]:
        seconds = sorted(each.measured[name] for each in group)
        return [percentile(seconds, Fraction(share) / 100) for share in shares]

    return {
        "count": len(group),
        "withinTarget": round(sum(each.within for each in group) / len(group), 4),
        "exact": len(group) < EXACT_BELOW,
        **{name: spread(name) for name in ("total", "firstResponse", "touch")},
        "turns": {name: spread(name) for name in TURNS.values()},
    }


def _came_and_went(asked: Asked) -> Things:
    yield day_of(asked.events[0].at), "opened", 0
    if asked.cooperation == "individual":
        yield day_of(asked.events[0].at), "cooperation", 0
    before = ""
    for event in asked.events:
        if event.state != before and event.state in ("closed", "rejected", "withdrawn"):
            yield day_of(event.at), event.state, 0
        before = event.state
    if asked.answered_on is not None:
        yield asked.answered_on, "answered", 0
        if asked.within:
            yield asked.answered_on, "within", 0


def _by_hand(asked: Asked) -> Things:
    steps = list(asked.manual_steps())
    for event, channel in steps:
        yield day_of(event.at), channel, 0
    if asked.answer is not None:
        yield day_of(asked.answer.at), "answered", 0
        if not any(event.sequence <= asked.answer.sequence for event, _ in steps):
            yield day_of(asked.answer.at), "without", 0


def _median(seconds: Sequence[int]) -> Fraction | None:
    return percentile(seconds, Fraction(1, 2)) if seconds else None


def _aged(key: str, group: Sequence[Asked], now: datetime) -> dict[str, Any]:
    by_age: dict[int | None, list[Asked]] = defaultdict(list)
    for each in group:
        age = open_seconds(each.events[0].at, now)
        by_age[next((days for days in AGES if age <= days * DAY_SECONDS), None)].append(each)
    ages = [
        {
            "upToWorkingDays": days,
            "count": len(by_age[days]),
            "overdue": sum(_is_overdue(each, now) for each in by_age[days]),
        }
        for days in (*AGES, None)
        if by_age[days]
    ]
    return {
        "key": key,
        "count": len(group),
        "overdue": sum(each["overdue"] or 0 for each in ages),
        "oldestOpenedAt": min(each.events[0].at for each in group),
        "ages": ages,
    }


def _is_overdue(asked: Asked, now: datetime) -> bool:
    until = asked.clock_stopped() or now
    due = asked.due(until)
    return due is not None and due < until
