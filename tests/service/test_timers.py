"""What the clock tells of itself: the background job on a real database, as the role that carries it out."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest

from services.consultation.timers.ring import Ringing
from shared.database.engine import Database
from shared.jobs.job import Run
from tests.attack.support import AF, act, sql
from tests.exchange import Exchange

pytestmark = pytest.mark.requirement(11)

MONDAY = datetime(2026, 9, 7, 6, tzinfo=UTC)  # 08:00 in Sweden
HOUR = timedelta(hours=1)
DEFAULTS = {"consultation": 27 * 3600, "information_request": 18 * 3600}


@pytest.fixture
def receipt(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """An information request opened on Monday at eight, due on Tuesday at five; nothing else waits to be told."""
    sql(exchange, "UPDATE timer SET run_at = NULL")
    exchange.clock.stand_at(MONDAY)
    yield exchange.open(type="information_request")
    sql(exchange, "UPDATE timer SET run_at = NULL")


def ring(exchange: Exchange, at: datetime, *, notices: bool = True) -> None:
    """One run of the job."""
    exchange.clock.stand_at(at)

    async def run() -> None:
        database = Database(exchange.postgres.url("consultation", "consultation_worker"), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                await Ringing(DEFAULTS, AF, notices)(Run(connection, at, {}))
        finally:
            await database.close()

    asyncio.run(run())


def until(read: Callable[[], dict[str, Any]], holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What is read as soon as it holds, or after ten seconds of trying."""
    for _ in range(100):
        if holds(found := read()):
            return found
        sleep(0.1)
    return read()


def told(exchange: Exchange, receipt: dict[str, Any], name: str = "af-workbench") -> list[str]:
    """The kinds of event after the opening, as one side sees them."""
    path = f"/consultation/v1/consultations/{receipt['consultationId']}/events"
    return [each["kind"] for each in exchange.send(name, "GET", path).json()["events"]][1:]


def test_a_reminder_comes_before_it_is_due_and_then_that_it_is_overdue_each_once(
    exchange: Exchange, receipt: dict[str, Any]
) -> None:
    soon = MONDAY + timedelta(days=1, hours=3)  # a third of eighteen hours before Tuesday at five
    late = MONDAY + timedelta(days=2, seconds=1)

    ring(exchange, soon - timedelta(seconds=1))
    before = told(exchange, receipt)
    for at in (soon, soon + HOUR, late - timedelta(seconds=1)):
        ring(exchange, at)
    reminded = told(exchange, receipt)
    for at in (late, late + HOUR):
        ring(exchange, at)

    assert (before, reminded) == ([], ["reminded"])
    assert told(exchange, receipt) == ["reminded", "escalated"]
    assert told(exchange, receipt, "umea") == []
    (row,) = sql(exchange, "SELECT * FROM consultation WHERE number = $1", receipt["number"])
    assert (row["escalated_at"], row["version"]) == (late, 3)


def test_a_worker_that_was_away_until_the_night_tells_it_when_the_unit_opens(
    exchange: Exchange, receipt: dict[str, Any]
) -> None:
    saturday_night = MONDAY + timedelta(days=5, hours=16)
    next_monday = MONDAY + timedelta(days=7)

    ring(exchange, saturday_night)
    at_night = told(exchange, receipt)
    ring(exchange, next_monday - timedelta(seconds=1))
    before_opening = told(exchange, receipt)
    ring(exchange, next_monday)

    assert (at_night, before_opening) == ([], [])
    assert told(exchange, receipt) == ["escalated"]


def test_one_that_can_not_be_told_keeps_no_other_waiting_and_is_tried_again(
    exchange: Exchange, receipt: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    broken = receipt
    exchange.clock.stand_at(MONDAY + timedelta(minutes=1))
    sound = exchange.open(type="information_request")
    of_broken = "UPDATE consultation SET type = $2 WHERE number = $1"
    sql(exchange, of_broken, broken["number"], "damaged")
    late = MONDAY + timedelta(days=2, hours=1)

    ring(exchange, late)
    said = [record.message for record in caplog.records if record.name == "timers"]
    sql(exchange, of_broken, broken["number"], "information_request")

    assert (told(exchange, sound), said) == (["escalated"], ["a timer could not be rung"] * len(said))
    assert said
    assert told(exchange, broken) == []
    ring(exchange, late + timedelta(minutes=59))
    assert told(exchange, broken) == []
    ring(exchange, late + HOUR)
    assert told(exchange, broken) == ["escalated"]


def test_nothing_is_told_after_the_answer(exchange: Exchange, receipt: dict[str, Any]) -> None:
    exchange.clock.stand_at(MONDAY + HOUR)
    assert act(exchange, "af-workbench", receipt, "claims", 1).status_code == 200
    assert act(exchange, "af-workbench", receipt, "answers", 2, "Svar").status_code == 200
    # As if the answer had come between looking and telling.
    mine = "consultation_id = $1::text::uuid"
    consultation_id = receipt["consultationId"]
    set_again = f"UPDATE timer SET run_at = $2 WHERE kind = 'overdue' AND {mine}"
    sql(exchange, set_again, consultation_id, MONDAY + HOUR)

    ring(exchange, MONDAY + timedelta(days=7))

    assert told(exchange, receipt) == ["claimed", "answered"]
    assert sql(exchange, f"SELECT 1 FROM timer WHERE run_at IS NOT NULL AND {mine}", consultation_id) == []


def test_while_the_municipality_has_it_nothing_is_overdue_and_both_are_told_of_a_long_wait(
    exchange: Exchange, receipt: dict[str, Any]
) -> None:
    exchange.clock.stand_at(MONDAY + HOUR)
    assert act(exchange, "af-workbench", receipt, "claims", 1).status_code == 200
    assert act(exchange, "af-workbench", receipt, "questions", 2, "Vilken period?").status_code == 200
    two_weeks_on = MONDAY + timedelta(days=14, hours=1)

    ring(exchange, two_weeks_on - timedelta(seconds=1))
    waiting = told(exchange, receipt)
    for at in (two_weeks_on, two_weeks_on + HOUR):
        ring(exchange, at)

    assert waiting == ["claimed", "asked_back"]
    assert told(exchange, receipt) == [*waiting, "pause_lapsed"]
    assert told(exchange, receipt, "umea") == [*waiting, "pause_lapsed"]


def test_a_due_date_that_has_moved_is_reminded_of_at_its_new_time(exchange: Exchange, receipt: dict[str, Any]) -> None:
    ring(exchange, MONDAY + timedelta(days=1, hours=3))
    exchange.clock.stand_at(MONDAY + timedelta(days=1, hours=4))
    assert act(exchange, "af-workbench", receipt, "claims", 2).status_code == 200
    assert act(exchange, "af-workbench", receipt, "questions", 3, "Vilken period?").status_code == 200
    exchange.clock.stand_at(MONDAY + timedelta(days=3))
    assert act(exchange, "umea", receipt, "replies", 4, "September").status_code == 200

    ring(exchange, MONDAY + timedelta(days=3, minutes=1))

    assert told(exchange, receipt) == ["reminded", "claimed", "asked_back", "replied", "reminded"]


def test_due_dates_of_what_is_open_follow_when_a_target_is_set(exchange: Exchange, receipt: dict[str, Any]) -> None:
    # Years ahead, since what has been recorded stays, and holds for whatever is opened after.
    monday = datetime(2032, 9, 6, 6, tzinfo=UTC)
    exchange.clock.stand_at(monday)
    receipt = exchange.open("malmo", type="consultation")
    target = {"unit": "af-12-b", "type": "consultation", "validFrom": "2032-09-07", "workingMinutes": 720}
    assert exchange.send("af-manager", "POST", "/consultation/v1/unit-targets", target).status_code == 201

    # The product's own worker is woken by it.
    path = f"/consultation/v1/consultations/{receipt['consultationId']}"
    whole = until(lambda: exchange.send("malmo", "GET", path).json(), lambda read: read["dueAt"] != receipt["dueAt"])

    assert (receipt["dueAt"], whole["dueAt"]) == ("2032-09-08T15:00:00Z", "2032-09-07T09:00:00Z")
    assert whole["version"] == 1
    assert told(exchange, receipt) == []


def test_with_notices_off_nothing_is_told(exchange: Exchange, receipt: dict[str, Any]) -> None:
    ring(exchange, MONDAY + timedelta(days=3), notices=False)

    assert told(exchange, receipt) == []


def test_the_role_of_background_jobs_can_read_nothing_of_whom_it_is_about(exchange: Exchange) -> None:
    readable = sql(
        exchange,
        """
        SELECT table_name, column_name FROM information_schema.column_privileges
        WHERE grantee = 'consultation_worker' AND privilege_type = 'SELECT'
          AND (column_name IN ('person_sealed', 'details_sealed', 'name_sealed', 'asked_by', 'content', 'explanation')
               -- Of webhooks, by which what is delivered is signed.
               OR column_name = 'sealed' AND table_name <> 'webhook_secret')
        """,
    )

    assert readable == []
