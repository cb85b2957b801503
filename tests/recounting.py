"""Every figure of every lead-time route asked of the API, and held against `tests/reference/dashboard.py`.

Where the API says that percentiles are not exact they may differ by the bound that it states; nothing else may differ.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.recount import GROUPINGS as RECOUNTED
from services.consultation.leadtimes.recount import recount
from services.consultation.tables import WORKER_ROLE
from tests.exchange import Exchange
from tests.folding import as_role
from tests.reference.dashboard import TURNS, Asked, Question, Year, happened
from tests.sizes import FULL

Rows = Callable[[str], Sequence[Mapping[str, Any]]]
SHARES = ("0", "12.5", "50", "85", "99", "100")
CUTS = ("organisation", "unit", "area", "county", "municipality", "kind", "type", "channel")
AGED = ("all", *(cut for cut in CUTS if cut != "area"))
GROUPINGS = ("none", *CUTS, "month", "week", "day")
# What `make test` takes of the sums; of lead times it takes all.
SAMPLE = ("none", "unit", "month", "day")
PARAMETERS = {
    "organisation": "organisation",
    "unit": "unit",
    "area": "areaCode",
    "county": "countyCode",
    "municipality": "municipalityCode",
    "kind": "askerKind",
    "type": "type",
    "channel": "channel",
}
WISHES = ("requests", "granted", "refused", "notGranted", "waiting", "inTime", "medianWorkingDays")
SPREADS = ("total", "firstResponse", "touch")


def read_year(rows: Rows) -> Year:
    """Every consultation of the database with its events."""
    events: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows(
        "SELECT consultation_id, sequence, at, happened_at, action, state, turn, unit, channel, "
        "detail::jsonb->>'reason' AS reason, detail::jsonb->>'sequence' AS of_sequence, "
        "detail::jsonb->>'happenedAt' AS moved_to, detail::jsonb->>'channel' AS other_channel "
        "FROM consultation_event ORDER BY consultation_id, sequence"
    ):
        events[row["consultation_id"]].append(row)
    sets: dict[Any, list[str]] = defaultdict(list)
    for row in rows("SELECT consultation_id, code FROM asked_set ORDER BY code"):
        sets[row["consultation_id"]].append(row["code"])
    meetings: dict[Any, dict[int, datetime]] = defaultdict(dict)
    for row in rows("SELECT consultation_id, booked_sequence, starts_at FROM meeting WHERE kind = 'physical'"):
        meetings[row["consultation_id"]][row["booked_sequence"]] = row["starts_at"]
    asked = rows(
        "SELECT id, org, type, question_category, cooperation, municipality_code, county_code, asker_kind "
        "FROM consultation"
    )
    return Year(
        [
            Asked(
                organisation=row["org"],
                type=row["type"],
                category=row["question_category"],
                cooperation=row["cooperation"],
                municipality=row["municipality_code"],
                county=row["county_code"],
                kind=row["asker_kind"],
                sets=tuple(sets[row["id"]]),
                meetings=meetings[row["id"]],
                events=happened(_with_detail(each) for each in events[row["id"]]),
            )
            for row in asked
        ]
    )


def _with_detail(row: Mapping[str, Any]) -> dict[str, Any]:
    names = {"reason": "reason", "happenedAt": "moved_to", "channel": "other_channel"}
    detail = {name: row[column] for name, column in names.items() if row[column]}
    return {**row, "detail": detail | ({"sequence": int(row["of_sequence"])} if row["of_sequence"] else {})}


@dataclass
class Comparison:
    """What the API tells at `now` beside what the events come to: `differences`, and how many figures, by route."""

    exchange: Exchange
    year: Year
    now: datetime
    client: str = "af-lead"
    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    compared: Counter[str] = field(default_factory=Counter)

    def everything(self, first: date, last: date) -> "Comparison":
        """All routes, each by all that it can be grouped by, and narrowed to what there is most of."""
        for question in self._questions(first, last):
            self.lead_times(question)
            if not FULL and (question.grouping not in SAMPLE or question.narrowed):
                continue
            self.sums("throughput", question, self.year.throughput(question))
            self.sums("delay-reasons", question, self.year.delay_reasons(question, 10), most=10)
            self.sums("manual-work", question, self.year.manual_work(question))
        whole = Question(first, last)
        self.demand(whole)
        for narrowed in ({}, *self._narrowings()):
            question = Question(first, last, "none", narrowed)
            flow = self._ask("cumulative-flow", question)["days"]
            self._hold("cumulative-flow", question, flow, self.year.cumulative_flow(question))
            self.open_now("work-in-progress", "turn", narrowed)
            for cut in AGED if FULL else ("unit", "type"):
                self.open_now("ageing", cut, narrowed)
        self.physical_meetings(first, last)
        self.interventions(first, last)
        self.command(first, last)
        return self

    def _questions(self, first: date, last: date) -> Iterator[Question]:
        largest = self._largest()
        for grouping in GROUPINGS:
            yield Question(first, last, grouping)
        # Half a month at each end.
        yield Question(first + timedelta(days=50), last - timedelta(days=50), "county")
        for narrowed in self._narrowings():
            for grouping in ("none", "month") if FULL else ("month",):
                yield Question(first, last, grouping, narrowed)
        family = {name: largest[name] for name in ("municipality", "type")}
        yield Question(first, last, "none", family)
        yield Question(first, last, "municipality", {"type": largest["type"]})
        yield Question(first, last, "type", {"municipality": largest["municipality"]})
        yield Question(first, last, "municipality", {"county": largest["county"]})
        yield Question(first, last, "county", {"area": largest["area"]})

    def _narrowings(self) -> list[dict[str, str]]:
        return [{cut: key} for cut, key in self._largest().items() if FULL or cut in ("unit", "channel")]

    def _largest(self) -> dict[str, str]:
        return {cut: Counter(each.key(cut) for each in self.year.asked).most_common(1)[0][0] for cut in CUTS}

    # --- one route each --------------------------------------------------------------------------------------------

    def lead_times(self, question: Question) -> None:
        """Counts, shares and all percentiles."""
        report = self._ask("lead-times", question, percentiles=",".join(SHARES))
        expected = self.year.lead_times(question, SHARES)
        bound = Fraction(str(report["errorBound"]))
        figures = ("key", "count", "withinTarget", "exact")
        told = [{name: group[name] for name in figures} for group in report["groups"]]
        self._hold("lead-times", question, told, [{name: group[name] for name in figures} for group in expected])
        for group, right in zip(report["groups"], expected, strict=False):
            spreads = {name: group[name] for name in SPREADS} | group["turns"]
            seconds = {name: right[name] for name in SPREADS} | right["turns"]
            for name in (*SPREADS, *TURNS.values()):
                minutes = [each["minutes"] for each in spreads[name]]
                self._near("lead-times", question, (group["key"], name), minutes, seconds[name], group["exact"], bound)

    def sums(self, route: str, question: Question, expected: list[dict[str, Any]], **more: int) -> None:
        """Numbers alone: they are exact."""
        self._hold(route, question, self._ask(route, question, **more)["groups"], expected)

    def demand(self, question: Question) -> None:
        """Numbers, and medians that are within the bound at any number."""
        expected = self.year.demand(question)
        sets = self._ask("demand", question)["sets"]
        told = [(each["code"], each["asked"], each["answered"]) for each in sets]
        self._hold("demand", question, told, [each[:3] for each in expected])
        for each, (code, _, _, median) in zip(sets, expected, strict=False):
            if median is not None:
                self._near("demand", question, code, [each["medianMinutes"]], [median], False, Fraction("0.0219"))

    def open_now(self, route: str, cut: str, narrowed: Mapping[str, str]) -> None:
        """What is open, by age."""
        question = Question(date.min, date.max, cut, narrowed)
        expected = self.year.open_now(self.now, cut, narrowed)
        parameters = {PARAMETERS[name]: key for name, key in narrowed.items()}
        if route == "ageing":
            told = self._get(route, groupBy=cut, **parameters)["groups"]
            for group in told:
                group["oldestOpenedAt"] = datetime.fromisoformat(group["oldestOpenedAt"])
            self._hold(route, question, told, expected)
            return
        told = self._get(route, **parameters)
        ages = [{"turn": each["key"], **age} for each in expected for age in each["ages"]]
        self._hold(route, question, told["ages"], ages)
        sums = [sum(age[name] for age in ages) for name in ("count", "overdue")]
        self._hold(route, question, [told["count"], told["overdue"]], sums)

    def physical_meetings(self, first: date, last: date) -> None:
        """What came of those asked for, by all that they can be grouped by."""
        for grouping in GROUPINGS if FULL else SAMPLE:
            question = Question(first, last, grouping)
            told = self._ask("physical-meetings", question)["groups"]
            figures = [{name: group[name] for name in ("key", *WISHES)} for group in told]
            self._hold("physical-meetings", question, figures, self.year.physical_meetings(question))

    def interventions(self, first: date, last: date) -> None:
        """Both sides of days in the year, of all units and of the largest; and of those that the year brought."""
        middle = first + (last - first) / 2
        units = [self._largest()["unit"]]
        for place, named in enumerate(([], units)):
            sent = {"name": "Insats i ett simulerat år", "day": str(middle), "units": named}
            made = self.exchange.send(
                self.client, "POST", "/consultation/v1/interventions", sent, key=f"recount-{place}"
            )
            assert made.status_code == 201, made.text
        for shown in self._get("interventions", days=90)["interventions"]:
            day = date.fromisoformat(shown["day"])
            for side, begins, ends in (("before", -90, -1), ("after", 0, 89)):
                question = Question(day + timedelta(days=begins), day + timedelta(days=ends))
                number, seconds = self.year.share_answered_within(question, shown["units"], Fraction("0.85"))
                told = shown[side]
                period = [told["from"], told["to"], told["count"]]
                self._hold("interventions", question, period, [str(question.first), str(question.last), number])
                if seconds is not None:
                    bound = Fraction("0.0219")
                    self._near("interventions", question, side, [told["minutes"]], [seconds], told["exact"], bound)

    def command(self, first: date, last: date) -> None:
        """What `./samrad lead-times recount` prints: exact at any number."""
        for grouping in RECOUNTED if FULL else ("none", "county", "day"):

            async def recounted(connection: AsyncConnection, by: str = grouping) -> list[dict[str, Any]]:
                return await recount(connection, first, last, by, SHARES)

            question = Question(first, last, grouping)
            told = as_role(self.exchange, WORKER_ROLE, recounted)
            expected = self.year.lead_times(question, SHARES)
            figures = ("key", "count", "withinTarget")
            held = [{name: group[name] for name in figures} for group in told]
            self._hold("recount", question, held, [{name: group[name] for name in figures} for group in expected])
            for group, right in zip(told, expected, strict=False):
                for name, spread in {"total": group["total"], **group["turns"]}.items():
                    seconds = right["total"] if name == "total" else right["turns"][name]
                    minutes = [each["minutes"] for each in spread]
                    self._near("recount", question, (group["key"], name), minutes, seconds, True, Fraction(0))

    # --- asking, and holding against -------------------------------------------------------------------------------

    def _ask(self, route: str, question: Question, **more: object) -> dict[str, Any]:
        parameters: dict[str, object] = {"from": question.first, "to": question.last}
        if route not in ("cumulative-flow", "demand"):
            parameters["groupBy"] = question.grouping
        parameters |= {PARAMETERS[name]: key for name, key in question.narrowed.items()}
        return self._get(route, **parameters, **more)

    def _get(self, route: str, **parameters: object) -> dict[str, Any]:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        answer = self.exchange.send(self.client, "GET", f"/consultation/v1/{route}?{query}")
        assert answer.status_code == 200, (route, query, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def _hold(self, route: str, question: Question, told: Sequence[Any], expected: Sequence[Any]) -> None:
        self.compared[route] += len(expected)
        if list(told) != list(expected):
            wrong = [pair for pair in zip(told, expected, strict=False) if pair[0] != pair[1]]
            self.differences[route].append(f"{question}: {len(told)} for {len(expected)}, {wrong[:3]}")

    def _near(
        self,
        route: str,
        question: Question,
        name: object,
        minutes: Sequence[int],
        seconds: Sequence[Fraction],
        exact: bool,
        bound: Fraction,
    ) -> None:
        self.compared[route] += len(seconds)
        for told, right in zip(minutes, seconds, strict=True):
            if exact:
                fits = told == floor(right / 60 + Fraction(1, 2))
            else:
                fits = abs(told - right / 60) <= bound * right / 60 + Fraction(1, 2)
            if not fits:
                self.differences[route].append(f"{question} {name}: {told} for {float(right / 60)}")
