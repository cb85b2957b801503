"""The clock of a consultation through the door, and what the answering authority states of its units."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.attack.support import act, sql
from tests.exchange import NOBODY, Exchange

pytestmark = pytest.mark.requirement(11)

BASE = "/consultation/v1"
MONDAY = datetime(2026, 9, 7, 6, tzinfo=UTC)  # 08:00 in Sweden
HOUR = timedelta(hours=1)
WEEK = {day: {"opens": "09:00", "closes": "15:00"} for day in ("monday", "tuesday", "wednesday", "thursday")}


def clock_of(exchange: Exchange, name: str, receipt: dict[str, Any]) -> dict[str, Any]:
    answer = exchange.send(name, "GET", f"{BASE}/consultations/{receipt['consultationId']}/clock")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def step(exchange: Exchange, at: datetime, name: str, receipt: dict[str, Any], action: str, version: int) -> None:
    """One move at its time."""
    exchange.clock.stand_at(at)
    text = "Text" if action in ("questions", "replies", "answers") else None
    answer = act(exchange, name, receipt, action, version, text)
    assert answer.status_code == 200, answer.text


def test_the_clock_tells_interval_by_interval_where_the_time_went(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open(type="information_request")
    step(exchange, MONDAY + HOUR, "af-workbench", receipt, "claims", 1)
    step(exchange, MONDAY + 2 * HOUR, "af-workbench", receipt, "questions", 2)
    stopped = clock_of(exchange, "umea", receipt)
    step(exchange, MONDAY + 26 * HOUR, "umea", receipt, "replies", 3)
    step(exchange, MONDAY + 29 * HOUR, "af-workbench", receipt, "answers", 4)

    told = clock_of(exchange, "umea", receipt)

    assert [(each["turn"], each["workingSeconds"] / 3600, each["counted"]) for each in told["intervals"]] == [
        ("answering_authority", 2, True),
        ("municipality", 9, False),
        ("answering_authority", 3, True),
    ]
    assert [(each["begunBy"], each["endedBy"]) for each in told["intervals"]] == [
        ("opened", "asked_back"),
        ("asked_back", "replied"),
        ("replied", "answered"),
    ]
    assert (stopped["pace"], stopped["dueAt"], stopped["remainingWorkingSeconds"]) == (
        "stopped",
        receipt["dueAt"],
        16 * 3600,
    )
    assert (told["pace"], told["overdue"], told["countedWorkingSeconds"]) == ("ended", False, 5 * 3600)
    assert told["firstResponseWorkingSeconds"] == 2 * 3600


def test_the_due_date_moves_by_the_pause_and_each_move_has_its_reason(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open(type="information_request")
    step(exchange, MONDAY + HOUR, "af-workbench", receipt, "claims", 1)
    step(exchange, MONDAY + 2 * HOUR, "af-workbench", receipt, "questions", 2)
    step(exchange, MONDAY + 26 * HOUR, "umea", receipt, "replies", 3)

    dates = clock_of(exchange, "umea", receipt)["dueDates"]

    assert [(each["reasons"], each["dueAt"][:16], each["moved"]) for each in dates] == [
        (["opened"], "2026-09-08T15:00", False),
        (["nothing_changed"], "2026-09-08T15:00", False),
        (["clock_stopped"], "2026-09-08T15:00", False),
        (["clock_started"], "2026-09-09T15:00", True),
    ]
    whole = exchange.send("umea", "GET", f"{BASE}/consultations/{receipt['consultationId']}").json()
    assert whole["dueAt"] == dates[-1]["dueAt"]


def test_both_sides_are_told_the_same_but_for_what_each_does_within_itself(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open()
    step(exchange, MONDAY + HOUR, "af-workbench", receipt, "claims", 1)
    step(exchange, MONDAY + 3 * HOUR, "af-workbench", receipt, "releases", 2)

    asking, answering = clock_of(exchange, "umea", receipt), clock_of(exchange, "af-workbench", receipt)

    own = {"touchWorkingSeconds", "dueDates"}
    assert {key: value for key, value in asking.items() if key not in own} == {
        key: value for key, value in answering.items() if key not in own
    }
    assert (asking["touchWorkingSeconds"], answering["touchWorkingSeconds"]) == (None, 2 * 3600)
    assert [each["sequence"] for each in asking["dueDates"]] == [1, 2]
    assert [each["sequence"] for each in answering["dueDates"]] == [1, 2, 3]


def test_what_is_stored_at_the_answer_is_what_the_clock_tells(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY + 5 * HOUR)
    receipt = exchange.open()
    step(exchange, MONDAY + 6 * HOUR, "af-workbench", receipt, "claims", 1)
    step(exchange, MONDAY + 7 * HOUR, "af-workbench", receipt, "questions", 2)
    (waiting,) = stored(exchange, receipt)
    step(exchange, MONDAY + 24 * HOUR, "umea", receipt, "replies", 3)
    step(exchange, MONDAY + 30 * HOUR, "af-workbench", receipt, "answers", 4)

    told = clock_of(exchange, "af-workbench", receipt)
    (row,) = stored(exchange, receipt)

    assert (waiting["first_response_seconds"], waiting["total_seconds"]) == (2 * 3600, None)
    assert told["byTurn"] == {
        "answeringAuthority": row["answering_seconds"],
        "municipality": row["asking_seconds"],
        "person": row["person_seconds"],
        "post": row["post_seconds"],
        "secrecyTest": row["secrecy_seconds"],
        "meeting": row["meeting_seconds"],
    }
    assert row["total_seconds"] == told["totalWorkingSeconds"] == sum(told["byTurn"].values())
    assert row["touch_seconds"] == told["touchWorkingSeconds"]
    assert row["first_response_seconds"] == told["firstResponseWorkingSeconds"]


def test_what_has_been_taken_back_to_the_queue_is_worked_on_by_nobody(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY + HOUR)
    receipt = exchange.open()
    path = f"/consultation/v1/consultations/{receipt['consultationId']}/assignments"
    for version, hours, handler in ((1, 1, "af-a"), (2, 2, "af-b"), (3, 3, None)):
        exchange.clock.stand_at(MONDAY + hours * HOUR)
        assigned = exchange.send("af-lead", "POST", path, {"handler": handler}, version=version)
        assert assigned.status_code == 200, assigned.text
    exchange.clock.stand_at(MONDAY + 6 * HOUR)

    told = clock_of(exchange, "af-workbench", receipt)

    assert (told["touchWorkingSeconds"], told["totalWorkingSeconds"]) == (2 * 3600, 5 * 3600)


def stored(exchange: Exchange, receipt: dict[str, Any]) -> list[Any]:
    return sql(exchange, "SELECT * FROM consultation WHERE number = $1", receipt["number"])


def test_another_organisations_clock_answers_like_one_that_does_not_exist(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open("malmo")

    for consultation_id in (receipt["consultationId"], NOBODY):
        refused = exchange.send("umea", "GET", f"{BASE}/consultations/{consultation_id}/clock")
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_target_and_hours_set_half_way_hold_from_their_day_and_the_clock_says_so(exchange: Exchange) -> None:
    # Years ahead, where no other test is.
    monday = datetime(2031, 9, 8, 6, tzinfo=UTC)
    exchange.clock.stand_at(monday)
    receipt = exchange.open()
    before = clock_of(exchange, "umea", receipt)
    exchange.clock.stand_at(monday + HOUR)
    target = {"unit": "af-24", "type": "consultation", "validFrom": "2031-09-10", "workingMinutes": 21 * 60}
    assert set_version(exchange, "unit-targets", target).status_code == 201
    after_target = clock_of(exchange, "umea", receipt)
    exchange.clock.stand_at(monday + 2 * HOUR)
    hours = {"unit": "af-24", "validFrom": "2031-09-10", "opening": {"week": WEEK}}
    assert set_version(exchange, "unit-calendars", hours).status_code == 201

    after_hours = clock_of(exchange, "umea", receipt)

    assert before["dueAt"] == "2031-09-10T15:00:00Z"
    assert after_target["dueAt"] == "2031-09-10T09:00:00Z"
    assert after_hours["dueAt"] == "2031-09-10T10:00:00Z"
    assert [(each["reasons"], each["dueAt"][8:16]) for each in after_hours["dueDates"]] == [
        (["opened"], "10T15:00"),
        (["target_set"], "10T09:00"),
        (["calendar_set"], "10T10:00"),
    ]
    assert after_hours["target"] == {"workingSeconds": 21 * 3600, "level": "unit"}
    later = exchange.send("umea", "GET", f"{BASE}/unit-calendars?unit=af-24").json()["calendars"]
    assert "2031-09-10" in [each["validFrom"] for each in later]


def test_the_next_round_falls_due_by_the_target_of_the_unit_that_gets_it(exchange: Exchange) -> None:
    # Years ahead, where no other test is.
    monday = datetime(2033, 9, 5, 6, tzinfo=UTC)
    exchange.clock.stand_at(monday)
    target = {"unit": "af-studies", "type": "consultation", "validFrom": "2033-09-06", "workingMinutes": 60}
    assert set_version(exchange, "unit-targets", target).status_code == 201
    exchange.clock.stand_at(monday + 24 * HOUR)
    receipt = exchange.open()
    path = f"{BASE}/consultations/{receipt['consultationId']}"
    moved = {"unit": "af-studies", "reason": "needs_specialist"}
    assert exchange.send("af-lead", "POST", f"{path}/hand-overs", moved, version=1).status_code == 200
    step(exchange, monday + 25 * HOUR, "af-workbench", receipt, "claims", 2)
    step(exchange, monday + 26 * HOUR, "af-workbench", receipt, "answers", 3)

    following = exchange.send("umea", "POST", f"{path}/rounds", {"question": "Och sedan?"}, version=4)

    assert following.status_code == 201, following.text
    assert following.json()["dueAt"] == clock_of(exchange, "umea", following.json())["dueAt"] == "2033-09-06T09:00:00Z"


def set_version(exchange: Exchange, path: str, body: dict[str, Any], name: str = "af-manager") -> Any:
    return exchange.send(name, "POST", f"{BASE}/{path}", body)


OPENING = {"week": WEEK}
CALENDAR = {"unit": "refused", "validFrom": "2031-02-03", "opening": OPENING}
TARGET = {"unit": "refused", "type": "consultation", "validFrom": "2031-02-03", "workingMinutes": 60}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("unit-calendars", {**CALENDAR, "validFrom": "2031-02-02"}, "begins_too_early"),
        ("unit-calendars", {**CALENDAR, "validFrom": "2036-03-03"}, "begins_too_early"),
        ("unit-calendars", {**CALENDAR, "validFrom": "2031-02-30"}, "malformed_request"),
        ("unit-calendars", {**CALENDAR, "opening": {"week": {}}}, "opening_invalid"),
        (
            "unit-calendars",
            {**CALENDAR, "opening": {"week": {"monday": {"opens": "08:00", "closes": "08:59"}}}},
            "opening_invalid",
        ),
        (
            "unit-calendars",
            {**CALENDAR, "opening": {"week": {"monday": {"opens": "17:00", "closes": "08:00"}}}},
            "opening_invalid",
        ),
        (
            "unit-calendars",
            {**CALENDAR, "opening": {"week": {"monday": {"opens": "8:00", "closes": "17:00"}}}},
            "malformed_request",
        ),
        (
            "unit-calendars",
            {**CALENDAR, "opening": {**OPENING, "halfDays": [{"closes": "13:00"}]}},
            "opening_invalid",
        ),
        (
            "unit-calendars",
            {
                **CALENDAR,
                "opening": {
                    **OPENING,
                    "halfDays": [{"on": "2031-04-30", "rule": "bridge_day", "closes": "13:00"}],
                },
            },
            "opening_invalid",
        ),
        (
            "unit-calendars",
            {**CALENDAR, "opening": {**OPENING, "halfDays": [{"rule": "full_moon", "closes": "13:00"}]}},
            "malformed_request",
        ),
        (
            "unit-calendars",
            {**CALENDAR, "opening": {**OPENING, "closedDays": ["2031-03-03"] * 101}},
            "malformed_request",
        ),
        ("unit-calendars", {**CALENDAR, "unit": "Umeå kontor"}, "malformed_request"),
        ("unit-calendars", {key: CALENDAR[key] for key in ("unit", "validFrom")}, "malformed_request"),
        ("unit-targets", {**TARGET, "validFrom": "2031-02-02"}, "begins_too_early"),
        ("unit-targets", {**TARGET, "workingMinutes": 0}, "malformed_request"),
        ("unit-targets", {**TARGET, "workingMinutes": 30_001}, "malformed_request"),
        ("unit-targets", {**TARGET, "type": "complaint"}, "malformed_request"),
        ("unit-targets", {key: TARGET[key] for key in ("unit", "validFrom", "workingMinutes")}, "malformed_request"),
    ],
)
def test_a_version_that_cannot_be_is_refused_and_nothing_is_stored(
    exchange: Exchange, path: str, body: dict[str, Any], code: str
) -> None:
    exchange.clock.stand_at(datetime(2031, 2, 2, 22, 30, tzinfo=UTC))  # still the 2nd in Sweden

    refused = set_version(exchange, path, body)

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    (count,) = sql(exchange, f"SELECT count(*) FROM {path[:-1].replace('-', '_')} WHERE unit = 'refused'")
    assert count[0] == 0


def test_who_asks_may_read_hours_and_targets_and_never_set_them(exchange: Exchange) -> None:
    exchange.clock.stand_at(datetime(2031, 2, 2, 9, tzinfo=UTC))

    for path, body in (("unit-calendars", CALENDAR), ("unit-targets", TARGET)):
        assert exchange.send("umea", "GET", f"{BASE}/{path}").status_code == 200
        refused = set_version(exchange, path, body, "umea")
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
