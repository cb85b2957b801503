"""Lead times through the door, against the independent reference."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.exchange import Exchange, running_exchange
from tests.folding import fold_all
from tests.reference.lead_times import UNTIL, Case, generate_cases, open_minutes, percentile, time_by_turn, turn_changes
from tests.sizes import sample_or_full

SEED = 20261121
BASE = "/consultation/v1/consultations"
TARGET_MINUTES = {"information_request": 18 * 60, "consultation": 27 * 60}
COUNTY = {"umea": "24", "malmo": "12"}
MUNICIPALITY = {"umea": "2480", "malmo": "1280"}
SHARES = {50: Fraction("0.5"), 85: Fraction("0.85"), 95: Fraction("0.95")}
PATHS = {
    "claim": ("af-workbench", "claims", False),
    "ask_back": ("af-workbench", "questions", True),
    "reply": (None, "replies", True),
    "answer": ("af-workbench", "answers", True),
    "withdraw": (None, "withdrawals", False),
    "close": (None, "closures", False),
}


@dataclass(frozen=True)
class Played:
    """A product in which the cases have taken place, each at its own time."""

    exchange: Exchange
    cases: Sequence[Case]
    ids: Mapping[int, str]

    @property
    def answered(self) -> list[Case]:
        return [case for case in self.cases if answered_at(case) is not None]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """A product of its own, since the figures count everything that is in it."""
    cases = generate_cases(SEED, sample_or_full(30, 500))
    with running_exchange() as exchange:
        ids: dict[int, str] = {}
        versions: dict[int, int] = defaultdict(int)
        happenings = ((event.at, case, event.action) for case in cases for event in case.events)
        for at, played_case, action in sorted(happenings, key=lambda each: (each[0], each[1].number)):
            exchange.clock.stand_at(at)
            versions[played_case.number] += 1
            if action == "open":
                ids[played_case.number] = exchange.open(played_case.municipality, type=played_case.type)[
                    "consultationId"
                ]
            else:
                play(exchange, played_case, ids[played_case.number], action, versions[played_case.number] - 1)
        exchange.clock.stand_at(UNTIL)
        fold_all(exchange)
        yield Played(exchange, cases, ids)


def play(exchange: Exchange, case: Case, consultation_id: str, action: str, version: int) -> None:
    name, path, has_text = PATHS[action]
    body = {"text": "Text"} if has_text else None
    answer = exchange.send(name or case.municipality, "POST", f"{BASE}/{consultation_id}/{path}", body, version=version)
    assert answer.status_code == 200, (case, action, answer.text)


def answered_at(case: Case) -> datetime | None:
    return next((event.at for event in case.events if event.action == "answer"), None)


def parts(case: Case) -> dict[str, int]:
    """Minutes in all, of the authority and of the municipality, by the reference."""
    until = answered_at(case)
    assert until is not None
    by_turn = time_by_turn([change for change in turn_changes(case) if change[0] < until], until)
    return {
        "total": open_minutes(case.events[0].at, until),
        "answeringAuthority": by_turn.get("answering_authority", 0),
        "municipality": by_turn.get("municipality", 0),
    }


def spread(minutes: Iterable[int]) -> list[dict[str, int]]:
    values = list(minutes)
    return [
        {"percentile": name, "minutes": floor(percentile(values, share) + Fraction(1, 2))}
        for name, share in SHARES.items()
    ]


@pytest.mark.requirement(11)
def test_each_lead_time_and_its_parts_equal_the_reference_to_the_minute(played: Played) -> None:
    for case in played.answered:
        answer = played.exchange.send(case.municipality, "GET", f"{BASE}/{played.ids[case.number]}")
        expected = parts(case)
        assert answer.json()["leadTime"] == {
            "totalMinutes": expected["total"],
            "answeringAuthorityMinutes": expected["answeringAuthority"],
            "municipalityMinutes": expected["municipality"],
        }, case


@pytest.mark.requirement(11)
@pytest.mark.parametrize("grouping", ["none", "municipality", "county", "type", "month"])
def test_percentiles_counts_and_shares_equal_the_reference(played: Played, grouping: str) -> None:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in played.answered:
        groups[key_of(case, grouping)].append(case)

    path = f"/consultation/v1/lead-times?from=2024-01-01&to=2026-01-31&groupBy={grouping}"
    report = played.exchange.send("dashboard", "GET", path, handler=None).json()

    assert report["groups"] == [expected_group(key, groups[key]) for key in sorted(groups)]


def expected_group(key: str, cases: Sequence[Case]) -> dict[str, Any]:
    measured = [parts(case) for case in cases]
    # The clock towards the target stands still while it is the municipality's turn.
    within = [
        each["answeringAuthority"] <= TARGET_MINUTES[case.type] for each, case in zip(measured, cases, strict=True)
    ]
    never = spread([0] * len(cases))
    return {
        "key": key,
        "suppressed": False,
        "monthsLeftOut": 0,
        "exact": True,
        "firstResponse": None,
        "touch": None,
        "count": len(cases),
        "withinTarget": round(sum(within) / len(within), 4),
        "total": spread(each["total"] for each in measured),
        "turns": {
            "answeringAuthority": spread(each["answeringAuthority"] for each in measured),
            "municipality": spread(each["municipality"] for each in measured),
            "person": never,
            "post": never,
            "secrecyTest": never,
            "meeting": never,
        },
    }


def key_of(case: Case, grouping: str) -> str:
    at = answered_at(case)
    assert at is not None
    keys = {
        "none": "all",
        "municipality": MUNICIPALITY[case.municipality],
        "county": COUNTY[case.municipality],
        "type": case.type,
        "month": f"{at.astimezone(ZoneInfo('Europe/Stockholm')):%Y-%m}",
    }
    return keys[grouping]


@pytest.mark.requirement(11)
def test_a_cut_and_a_period_take_their_part_and_no_more(played: Played) -> None:
    chosen = [
        case
        for case in played.answered
        if case.municipality == "umea"
        and case.type == "consultation"
        and key_of(case, "month") in ("2024-10", "2024-11", "2024-12")
    ]
    path = "/consultation/v1/lead-times?from=2024-10-01&to=2024-12-31&municipalityCode=2480&type=consultation"

    groups = played.exchange.send("dashboard", "GET", path, handler=None).json()["groups"]

    assert groups == ([expected_group("all", chosen)] if chosen else [])


@pytest.mark.requirement(11)
def test_open_consultations_are_counted_by_turn_and_age_in_working_days(played: Played) -> None:
    expected: dict[tuple[str, int | None], int] = defaultdict(int)
    for case in played.cases:
        last = turn_changes(case)[-1][1]
        if last == "nobody":
            continue
        age = open_minutes(case.events[0].at, UNTIL)
        bucket = next((days for days in (1, 3, 5, 10, 20) if age <= days * 9 * 60), None)
        expected[last, bucket] += 1

    answer = played.exchange.send("dashboard", "GET", "/consultation/v1/work-in-progress", handler=None).json()

    assert {(each["turn"], each["upToWorkingDays"]): each["count"] for each in answer["ages"]} == expected
    assert answer["count"] == sum(expected.values())


@pytest.mark.requirement(11)
def test_anyone_can_count_a_lead_time_again_from_the_events(played: Played) -> None:
    for case in played.answered[:20]:
        path = f"{BASE}/{played.ids[case.number]}/events"
        events = played.exchange.send("af-workbench", "GET", path).json()["events"]
        changes = [(datetime.fromisoformat(each["at"]).astimezone(UTC), each["turn"]) for each in events]
        until = next(at for at, turn in changes if turn == "nobody")
        counted = time_by_turn([(at, turn) for at, turn in changes if at < until], until)
        expected = parts(case)
        assert counted.get("answering_authority", 0) == expected["answeringAuthority"]
        assert counted.get("municipality", 0) == expected["municipality"]


def test_a_dashboard_needs_no_proof_and_sees_no_person(exchange: Exchange) -> None:
    token = exchange.client("dashboard").token_for("/consultation/v1/lead-times")
    assert token.scheme == "Bearer"

    refused = exchange.send("dashboard", "GET", BASE)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


def test_periods_turned_around_or_boundless_are_refused(exchange: Exchange) -> None:
    for period in ("from=2026-02-01&to=2026-01-01", "from=1900-01-01&to=2026-01-01"):
        refused = exchange.send("dashboard", "GET", f"/consultation/v1/lead-times?{period}", handler=None)
        assert (refused.status_code, refused.json()["code"]) == (422, "period_invalid")


def test_a_consultation_is_overdue_from_its_due_date_on(exchange: Exchange) -> None:
    # In working hours, so that nothing else is due in the same second.
    exchange.clock.stand_at(datetime(2026, 11, 17, 10, 17, 23, tzinfo=UTC))
    due = datetime.fromisoformat(exchange.open()["dueAt"])

    def overdue(at: datetime) -> int:
        exchange.clock.stand_at(at)
        answer = exchange.send("dashboard", "GET", "/consultation/v1/work-in-progress", handler=None).json()
        return int(answer["overdue"])

    assert overdue(due + timedelta(seconds=1)) == overdue(due) + 1
