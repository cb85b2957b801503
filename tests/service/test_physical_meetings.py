"""The figures of physical meetings through the door, against a recount by the days of the calendar's own rules."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.exchange import Exchange
from tests.folding import fold_all
from tests.reference.swedish_days import closed_days
from tests.service.given_consultations import HANDLER, claimed

pytestmark = pytest.mark.requirement(16)
API = "/consultation/v1"
SWEDEN = ZoneInfo("Europe/Stockholm")
COUNTY = {"umea": "24", "malmo": "12"}
# A spring and a winter of which nothing else tells.
SPRING, WINTER = "from=2033-03-01&to=2033-04-30", "from=2033-12-01&to=2033-12-31"


@dataclass(frozen=True)
class Asked:
    """A request: when, by whom, and what came of it. `meets` is the day of the meeting when one was booked."""

    asker: str
    at: str
    outcome: str
    meets: str | None = None

    @property
    def day(self) -> date:
        return date.fromisoformat(self.at[:10])


ASKED = (
    # Over the night when the clocks go forward, 27 March 2033.
    Asked("umea", "2033-03-25T16:30", "granted", "2033-03-28"),
    Asked("malmo", "2033-03-26T10:00", "granted", "2033-03-28"),
    # Over Good Friday and Easter Monday, 15 and 18 April: the tenth day, and the one after it.
    Asked("umea", "2033-04-06T00:05", "granted", "2033-04-22"),
    Asked("umea", "2033-04-06T23:55", "granted", "2033-04-25"),
    Asked("malmo", "2033-04-06T12:00", "granted", "2033-04-25"),
    Asked("malmo", "2033-04-07T12:00", "refused"),
    Asked("umea", "2033-04-08T12:00", "answered"),
    Asked("umea", "2033-04-11T12:00", "waiting"),
    # Granted, cancelled by who answers, and granted again too late.
    Asked("umea", "2033-04-12T12:00", "moved", "2033-06-01"),
    # Over Christmas, New Year and Epiphany, whose eves are closed.
    Asked("malmo", "2033-12-19T12:00", "granted", "2034-01-05"),
    Asked("malmo", "2033-12-19T12:00", "granted", "2034-01-09"),
)
BOOKED = {"kind": "physical", "minutes": 30, "participants": ["person", "answering_authority"]}


def local(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=SWEDEN)


def played(exchange: Exchange, asked: Asked) -> str:
    """The consultation in which it took place."""
    exchange.clock.stand_at(local(asked.at))
    receipt = claimed(exchange, asked.asker)
    path = f"{API}/consultations/{receipt['consultationId']}"

    def send(name: str, action: str, version: int, body: Any = None) -> Any:
        answer = exchange.send(name, "POST", f"{path}/{action}", body, version=version)
        assert answer.status_code == 200, answer.text
        return answer.json()

    send(asked.asker, "meeting-requests", 2)
    match asked.outcome:
        case "granted":
            send(HANDLER, "meetings", 3, {**BOOKED, "startsAt": local(f"{asked.meets}T09:00").isoformat()})
        case "moved":
            soon = {**BOOKED, "startsAt": (local(asked.at) + timedelta(days=1)).isoformat()}
            meeting = send(HANDLER, "meetings", 3, soon)["meetingId"]
            send(HANDLER, f"meetings/{meeting}/outcomes", 4, {"outcome": "cancelled"})
            send(HANDLER, "meetings", 5, {**BOOKED, "startsAt": local(f"{asked.meets}T09:00").isoformat()})
        case "refused":
            send(HANDLER, "meeting-requests/refusals", 3, {"reason": "no_free_time"})
        case "answered":
            send(HANDLER, "answers", 3, {"text": "Svar."})
    return str(receipt["consultationId"])


@pytest.fixture(scope="module")
def requested(running: Exchange) -> Iterator[Exchange]:
    running.clock.stand_at(local("2033-01-10T12:00"))
    # The hours of everybody, whatever another test has given the unit before.
    usual = {"unit": "af-24", "validFrom": "2033-02-01", "opening": None}
    assert running.send("af-manager", "POST", f"{API}/unit-calendars", usual).status_code == 201
    for each in ASKED:
        played(running, each)
    # What is marked for violence is in no figure.
    running.clock.stand_at(local("2033-04-20T12:00"))
    marked = claimed(running, "umea")
    path = f"{API}/consultations/{marked['consultationId']}"
    assert running.send("umea", "POST", f"{path}/meeting-requests", version=2).status_code == 200
    assert running.send("af-violence", "POST", f"{path}/violence-marks", version=3).status_code == 200
    fold_all(running)
    yield running
    running.clock.back_to_now()


@pytest.fixture
def exchange(requested: Exchange) -> Exchange:
    requested.clock.stand_at(local("2034-02-15T12:00"))
    return requested


def days_between(first: date, last: date) -> int:
    """Working days, written down one by one."""
    days, day = [], first
    while day < last:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in closed_days(day.year):
            days.append(day)
    return len(days)


def recount(requests: Sequence[Asked]) -> dict[str, Any]:
    waited = [days_between(each.day, date.fromisoformat(each.meets)) for each in requests if each.meets]
    in_time = sum(days <= 10 for days in waited)
    return {
        "requests": len(requests),
        "granted": len(waited),
        "refused": sum(each.outcome == "refused" for each in requests),
        "notGranted": sum(each.outcome == "answered" for each in requests),
        "waiting": sum(each.outcome == "waiting" for each in requests),
        "inTime": in_time,
        "shareInTime": round(in_time / len(requests), 4),
        "medianWorkingDays": median(waited) if waited else None,
    }


def told(exchange: Exchange, query: str, name: str = "dashboard") -> dict[str, dict[str, Any]]:
    answer = exchange.send(name, "GET", f"{API}/physical-meetings?{query}", handler=None)
    assert answer.status_code == 200, answer.text
    keys = ("key", "suppressed", "monthsLeftOut")
    return {
        each["key"]: {name: value for name, value in each.items() if name not in keys}
        for each in answer.json()["groups"]
        if not each["suppressed"]
    }


def grouped(requests: Sequence[Asked], key: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for each in requests:
        found[key(each)].append(each)
    return {group: recount(held) for group, held in found.items()}


def test_by_county_the_share_granted_within_ten_working_days_is_told_with_n(exchange: Exchange) -> None:
    spring = [each for each in ASKED if each.day.month < 5]
    winter = [each for each in ASKED if each.day.month == 12]

    assert told(exchange, SPRING) == grouped(spring, lambda each: COUNTY[each.asker])
    assert told(exchange, WINTER) == grouped(winter, lambda each: COUNTY[each.asker])
    # By hand: of Umea's six one on the first working day, one on the tenth, two later, and two that came to nothing.
    umea = told(exchange, SPRING)["24"]
    assert (umea["requests"], umea["inTime"], umea["shareInTime"], umea["medianWorkingDays"]) == (6, 2, 0.3333, 10.5)


def test_a_request_is_in_the_month_and_the_day_on_which_it_was_made_in_sweden(exchange: Exchange) -> None:
    months = grouped(ASKED, lambda each: f"{each.day:%Y-%m}")
    assert told(exchange, "from=2033-03-01&to=2033-12-31&groupBy=month") == months

    exchange.clock.stand_at(local("2033-05-15T12:00"))
    days = grouped([each for each in ASKED if each.day == date(2033, 4, 6)], lambda each: str(each.day))
    assert told(exchange, "from=2033-04-06&to=2033-04-06&groupBy=day") == days


def test_an_asker_is_told_of_its_own_and_not_of_the_few_of_others(exchange: Exchange) -> None:
    own = [each for each in ASKED if each.asker == "umea" and each.day.month < 5]

    answer = exchange.send("umea", "GET", f"{API}/physical-meetings?{SPRING}").json()

    assert told(exchange, SPRING, "umea") == {"24": recount(own)}
    [others] = [each for each in answer["groups"] if each["key"] == "12"]
    assert (others["suppressed"], others["requests"], others["monthsLeftOut"]) == (True, None, 2)
    exchange.clock.stand_at(local("2033-05-15T12:00"))
    by_day = exchange.send("umea", "GET", f"{API}/physical-meetings?{SPRING}&groupBy=day")
    assert (by_day.status_code, by_day.json()["code"]) == (403, "figures_withheld")


def test_the_table_holds_what_the_report_does(exchange: Exchange) -> None:
    path = f"{API}/physical-meetings?{SPRING}"
    groups = exchange.send("dashboard", "GET", path, handler=None).json()["groups"]
    table = exchange.send("dashboard", "GET", f"{path}&format=csv", handler=None)

    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [{key: str(value) for key, value in group.items()} for group in groups] == [
        {key: value for key, value in row.items() if key not in ("from", "to", "groupBy")} for row in rows
    ]


def test_what_is_told_anew_or_moved_by_a_correction_is_counted_as_it_stands(exchange: Exchange) -> None:
    waiting = Asked("malmo", "2033-07-01T12:00", "waiting")
    consultation = played(exchange, waiting)
    path = f"{API}/consultations/{consultation}"
    fold_all(exchange)
    july = "from=2033-06-01&to=2033-07-31&groupBy=month"
    before = told(exchange, july)

    # Nothing happened before what came before it: question, claim and request, the day before in turn.
    for sequence, hour in ((1, 13), (2, 14), (3, 15)):
        happened, version = local(f"2033-06-30T{hour}:00").isoformat(), sequence + 2
        body = {"sequence": sequence, "reason": "registered_late", "happenedAt": happened}
        answer = exchange.send(HANDLER, "POST", f"{path}/corrections", body, version=version)
        assert answer.status_code == 200, answer.text
    assert exchange.send("malmo", "POST", f"{path}/withdrawals", version=6).status_code == 200
    fold_all(exchange)

    assert before == {"2033-07": recount([waiting])}
    assert told(exchange, july) == {"2033-06": {**recount([waiting]), "waiting": 0, "notGranted": 1}}
