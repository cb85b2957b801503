"""Slots for meetings through the gateway: offered in opening hours, booked once, freed by a cancellation."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.consultation.clocks.zone import SWEDEN
from tests.attack.support import AF, UMEA, sql, together
from tests.exchange import NOBODY, Exchange
from tests.service.given_consultations import claimed

API = "/consultation/v1"
UNIT = "af-24"
MONDAY = datetime(2031, 3, 3, 8, tzinfo=UTC)  # nine o'clock in Sweden, in a year of its own
_days = count(1)


def tuesday() -> date:
    """One on which nothing is offered yet."""
    return (MONDAY + timedelta(days=1, weeks=next(_days))).date()


def offer(exchange: Exchange, day: date, name: str = "af-lead", **changes: Any) -> httpx.Response:
    body = {"unit": UNIT, "day": str(day), "minutes": 180, **changes}
    return exchange.send(name, "POST", f"{API}/meeting-slots", body)


def offered(exchange: Exchange, day: date, **changes: Any) -> list[dict[str, Any]]:
    made = offer(exchange, day, **changes)
    assert made.status_code == 201, made.text
    slots: list[dict[str, Any]] = made.json()["slots"]
    return slots


def begin(slots: list[dict[str, Any]]) -> list[str]:
    """When they do, in Sweden."""
    return [f"{datetime.fromisoformat(each['startsAt']).astimezone(SWEDEN):%H:%M}" for each in slots]


def free(exchange: Exchange, day: date) -> list[str]:
    answer = exchange.send("af-workbench", "GET", f"{API}/meeting-slots?unit={UNIT}&from={day}&to={day}")
    assert answer.status_code == 200, answer.text
    return [each["slotId"] for each in answer.json()["slots"]]


def book(exchange: Exchange, receipt: dict[str, Any], version: int = 2, **changes: Any) -> httpx.Response:
    body = {"kind": "remote", "participants": ["municipality", "answering_authority"], **changes}
    path = f"{API}/consultations/{receipt['consultationId']}/meetings"
    return exchange.send("af-workbench", "POST", path, body, version=version)


@pytest.fixture(autouse=True)
def _then(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)


@pytest.mark.requirement(9)
def test_a_day_s_slots_lie_in_the_unit_s_opening_hours_as_many_at_a_time_as_it_takes(exchange: Exchange) -> None:
    day = tuesday()

    slots = offered(exchange, day, capacity=2)
    again = offered(exchange, day, capacity=2)

    # Its hours are from eight to five.
    assert begin(slots) == [f"{hour:02}:00" for hour in (8, 8, 11, 11, 14, 14)]
    assert again == []
    assert sorted(free(exchange, day)) == sorted(each["slotId"] for each in slots)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"day": "2031-12-25"}, 422, "slots_not_possible"),
        ({"minutes": 480, "day": "2031-03-01"}, 422, "period_invalid"),
        ({"day": "2033-01-03"}, 422, "period_invalid"),
        ({"capacity": 21}, 422, "malformed_request"),
        ({"unit": "Ä"}, 422, "malformed_request"),
    ],
)
def test_slots_that_can_not_be_are_refused(exchange: Exchange, changes: dict[str, Any], status: int, code: str) -> None:
    body = {"unit": UNIT, "minutes": 30, "day": "2031-12-01", **changes}

    refused = exchange.send("af-lead", "POST", f"{API}/meeting-slots", body)

    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


def test_who_leads_nothing_offers_and_withdraws_nothing(exchange: Exchange) -> None:
    day = tuesday()
    slot = offered(exchange, day)[0]["slotId"]

    refused = offer(exchange, day, "af-workbench")
    kept = exchange.send("af-workbench", "DELETE", f"{API}/meeting-slots/{slot}")

    assert (refused.status_code, kept.status_code) == (403, 403)
    assert slot in free(exchange, day)


@pytest.mark.requirement(9)
def test_a_slot_is_booked_once_and_freed_when_the_meeting_is_cancelled(exchange: Exchange) -> None:
    day = tuesday()
    slot = offered(exchange, day)[0]
    first, second = claimed(exchange), claimed(exchange)

    booked = book(exchange, first, slotId=slot["slotId"])
    refused = book(exchange, second, slotId=slot["slotId"])
    taken = slot["slotId"] in free(exchange, day)
    meetings = exchange.send("umea", "GET", f"{API}/consultations/{first['consultationId']}/meetings").json()
    cancelled = exchange.send(
        "umea",
        "POST",
        f"{API}/consultations/{first['consultationId']}/meetings/{booked.json()['meetingId']}/cancellations",
        version=3,
    )

    assert (booked.status_code, booked.json()["state"], taken) == (200, "waiting_for_meeting", False)
    assert (meetings["meetings"][0]["startsAt"], meetings["meetings"][0]["minutes"]) == (slot["startsAt"], 180)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert cancelled.status_code == 200, cancelled.text
    assert slot["slotId"] in free(exchange, day)
    assert book(exchange, second, slotId=slot["slotId"]).status_code == 200


@pytest.mark.requirement(9, 12)
def test_a_meeting_follows_a_hand_over_and_its_slot_stays_with_the_unit_whose_time_it_is(exchange: Exchange) -> None:
    day = tuesday()
    slot = offered(exchange, day)[0]
    receipt = claimed(exchange)
    path = f"{API}/consultations/{receipt['consultationId']}"
    meeting = book(exchange, receipt, slotId=slot["slotId"]).json()["meetingId"]
    body = {"unit": "af-studies", "reason": "needs_specialist"}

    preview = exchange.send("af-lead", "POST", f"{path}/hand-over-previews", body).json()
    before = slot["slotId"] in free(exchange, day)
    handed = exchange.send("af-lead", "POST", f"{path}/hand-overs", body, version=3, handler="hl-1")

    assert (preview["bookedMeeting"], before) == ({"leavesSlot": True}, False)
    assert (handed.status_code, handed.json()["state"]) == (200, "waiting_for_meeting"), handed.text
    [kept] = exchange.send("umea", "GET", f"{path}/meetings").json()["meetings"]
    assert (kept["startsAt"], kept["minutes"], kept["outcome"]) == (slot["startsAt"], 180, None)
    assert slot["slotId"] in free(exchange, day)
    # The old unit gives its time to somebody else, and the new one cancels the meeting or, as here, holds it.
    assert book(exchange, claimed(exchange), slotId=slot["slotId"]).status_code == 200
    exchange.clock.stand_at(datetime.fromisoformat(slot["startsAt"]) + timedelta(hours=3))
    assert exchange.send("af-workbench", "POST", f"{path}/claims", version=4, handler="af-new").status_code == 200
    outcome = {"outcome": "held"}
    held = exchange.send(
        "af-workbench", "POST", f"{path}/meetings/{meeting}/outcomes", outcome, version=5, handler="af-new"
    )
    assert (held.status_code, held.json()["state"]) == (200, "in_progress"), held.text


def test_a_slot_that_was_used_before_the_hand_over_is_not_given_to_anybody_else(exchange: Exchange) -> None:
    slot = offered(exchange, tuesday())[0]
    receipt = claimed(exchange)
    path = f"{API}/consultations/{receipt['consultationId']}"
    assert book(exchange, receipt, slotId=slot["slotId"]).status_code == 200
    body = {"unit": "af-studies", "reason": "needs_specialist"}
    exchange.clock.stand_at(datetime.fromisoformat(slot["startsAt"]) + timedelta(hours=1))

    preview = exchange.send("af-lead", "POST", f"{path}/hand-over-previews", body).json()
    handed = exchange.send("af-lead", "POST", f"{path}/hand-overs", body, version=3, handler="hl-1")

    assert (preview["bookedMeeting"], handed.status_code) == ({"leavesSlot": False}, 200)
    kept = exchange.send("af-lead", "DELETE", f"{API}/meeting-slots/{slot['slotId']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "slot_taken")


@pytest.mark.requirement(9, 12)
def test_whoever_gets_it_when_a_handler_is_away_has_the_meeting_and_its_slot(exchange: Exchange) -> None:
    day = tuesday()
    slot = offered(exchange, day)[0]
    receipt = claimed(exchange)
    path = f"{API}/consultations/{receipt['consultationId']}"
    meeting = book(exchange, receipt, slotId=slot["slotId"]).json()["meetingId"]

    assigned = exchange.send("af-lead", "POST", f"{path}/assignments", {"handler": "af-stand-in"}, version=3)
    taken = slot["slotId"] not in free(exchange, day)
    outcome = {"outcome": "cancelled"}
    cancelled = exchange.send(
        "af-workbench", "POST", f"{path}/meetings/{meeting}/outcomes", outcome, version=4, handler="af-stand-in"
    )

    assert (assigned.status_code, assigned.json()["state"], taken) == (200, "waiting_for_meeting", True)
    assert cancelled.status_code == 200, cancelled.text
    assert slot["slotId"] in free(exchange, day)


@pytest.mark.requirement(9)
def test_a_consultation_that_is_withdrawn_cancels_its_meeting_and_frees_the_slot(exchange: Exchange) -> None:
    day = tuesday()
    slot = offered(exchange, day)[0]["slotId"]
    receipt = claimed(exchange)
    assert book(exchange, receipt, slotId=slot).status_code == 200
    path = f"{API}/consultations/{receipt['consultationId']}"

    withdrawn = exchange.send("umea", "POST", f"{path}/withdrawals", version=3)

    assert withdrawn.status_code == 200, withdrawn.text
    [meeting] = exchange.send("umea", "GET", f"{path}/meetings").json()["meetings"]
    assert meeting["outcome"] == "cancelled"
    assert slot in free(exchange, day)
    assert book(exchange, claimed(exchange), slotId=slot).status_code == 200


def test_of_several_who_book_one_slot_at_once_one_gets_it_and_nothing_is_changed_for_the_others(
    exchange: Exchange,
) -> None:
    slot = offered(exchange, tuesday())[0]["slotId"]
    receipts = [claimed(exchange) for _ in range(4)]

    answers = together(*[lambda receipt=receipt: book(exchange, receipt, slotId=slot) for receipt in receipts])

    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    states = [
        exchange.send("umea", "GET", f"{API}/consultations/{receipt['consultationId']}").json() for receipt in receipts
    ]
    assert sorted((each["state"], each["version"]) for each in states) == [
        *[("in_progress", 2)] * 3,
        ("waiting_for_meeting", 3),
    ]


def test_who_withdraws_and_who_ends_the_meeting_never_wait_for_each_other_in_a_circle(exchange: Exchange) -> None:
    """Whoever ends a meeting locks it and then its consultation; one who withdraws meanwhile waits at the meeting."""
    receipt = claimed(exchange)
    agreed = (MONDAY + timedelta(days=2)).isoformat()
    assert book(exchange, receipt, startsAt=agreed, minutes=30).status_code == 200
    path = f"{API}/consultations/{receipt['consultationId']}"

    async def ended_beside() -> httpx.Response:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database="consultation", user="postgres", host=host)
        try:
            async with connection.transaction():
                ending = "SELECT FROM meeting WHERE consultation_id = $1 FOR UPDATE"
                await connection.execute(ending, UUID(receipt["consultationId"]))
                withdrawing = asyncio.create_task(
                    asyncio.to_thread(exchange.send, "umea", "POST", f"{path}/withdrawals", version=3)
                )
                for _ in range(500):
                    if await connection.fetchval(_WAITED_FOR):
                        break
                    await asyncio.sleep(0.01)
                changed = "UPDATE consultation SET version = version WHERE id = $1"
                await connection.execute(changed, UUID(receipt["consultationId"]))
            return await withdrawing
        finally:
            await connection.close()

    withdrawn = asyncio.run(ended_beside())

    assert withdrawn.status_code == 200, withdrawn.text
    [meeting] = exchange.send("umea", "GET", f"{path}/meetings").json()["meetings"]
    assert meeting["outcome"] == "cancelled"


_WAITED_FOR = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def test_a_slot_that_is_withdrawn_while_it_is_booked_is_not_there(exchange: Exchange) -> None:
    receipt, (slot, *_) = claimed(exchange), offered(exchange, tuesday())
    withdrawing = "WITH gone AS (DELETE FROM meeting_slot WHERE id = $1 RETURNING 1) SELECT pg_sleep(0.7) FROM gone"

    def booked() -> httpx.Response:
        # The slot is gone, and nobody sees it yet.
        while not sql(exchange, "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
            pass
        return book(exchange, receipt, slotId=slot["slotId"])

    answer, _ = together(booked, lambda: sql(exchange, withdrawing, slot["slotId"], first="SELECT 1"))

    assert isinstance(answer, httpx.Response)
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "slotId", "reason": "unknown"}])


def test_the_database_itself_keeps_a_slot_from_being_booked_twice(exchange: Exchange) -> None:
    slot = offered(exchange, tuesday())[0]["slotId"]
    receipts = [claimed(exchange), claimed(exchange)]
    assert book(exchange, receipts[0], slotId=slot).status_code == 200
    agreed = (MONDAY + timedelta(days=2)).isoformat()
    assert book(exchange, receipts[1], startsAt=agreed, minutes=30).status_code == 200

    with pytest.raises(Exception, match="meeting_slot_taken"):
        sql(
            exchange,
            "UPDATE meeting SET slot_id = $1::text::uuid WHERE consultation_id = $2::text::uuid",
            slot,
            receipts[1]["consultationId"],
        )


def test_the_database_lets_nobody_but_who_offers_a_slot_state_it(exchange: Exchange) -> None:
    slot = offered(exchange, tuesday())[0]["slotId"]
    receipt = claimed(exchange)
    insert = f"""
        INSERT INTO meeting (org, id, consultation_id, answering_org, kind, booked_sequence, booked_at, starts_at,
                             minutes, participants, slot_id)
        VALUES ('{UMEA}', gen_random_uuid(), '{receipt["consultationId"]}', '{AF}', 'remote', 1, now(), now(), 30,
                '{{}}', '{slot}')
    """
    for organisation, message in ((UMEA, "row-level security"), (AF, None)):
        as_one = {"role": "consultation_runtime", "first": f"SET app.org = '{organisation}'"}
        if message is None:
            assert sql(exchange, insert, **as_one) == []
        else:
            with pytest.raises(Exception, match=message):
                sql(exchange, insert, **as_one)


def test_a_slot_is_of_the_unit_that_has_the_consultation_and_has_not_begun(exchange: Exchange) -> None:
    day = tuesday()
    elsewhere = offered(exchange, day, unit="af-12-a")[0]["slotId"]
    # At noon in Sweden: the first of the day has begun already, and is not offered.
    (begun,) = (each["slotId"] for each in offered(exchange, MONDAY.date(), minutes=240))
    receipt = claimed(exchange)
    exchange.clock.stand_at(MONDAY + timedelta(hours=3))

    for slot in (elsewhere, begun, NOBODY):
        refused = book(exchange, receipt, slotId=slot)
        assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "slotId", "reason": "unknown"}])


@pytest.mark.parametrize("stated", [{}, {"startsAt": "2031-03-05T10:00:00Z"}, {"minutes": 30}])
def test_a_meeting_is_in_a_slot_or_at_a_time_and_not_both(exchange: Exchange, stated: dict[str, Any]) -> None:
    receipt = claimed(exchange)

    bare = book(exchange, receipt, **stated)
    both = book(exchange, receipt, slotId=NOBODY, startsAt="2031-03-05T10:00:00Z", minutes=30)

    for refused in (bare, both):
        assert (refused.status_code, refused.json()["errors"][0]["reason"]) == (422, "one_of_slot_and_time")


def test_slots_of_another_length_lie_where_none_is_offered_already(exchange: Exchange) -> None:
    day = tuesday()
    offered(exchange, day, minutes=180)
    for slot in free(exchange, day)[:1]:
        assert exchange.send("af-lead", "DELETE", f"{API}/meeting-slots/{slot}").status_code == 200

    shorter = offered(exchange, day, minutes=90)
    beside = offered(exchange, day, minutes=120, capacity=2)

    # From eight to eleven nothing is left of the first; a second place has nothing yet.
    assert begin(shorter) == ["08:00", "09:30"]
    assert begin(beside) == ["08:00", "10:00", "12:00", "14:00"]


def test_of_slots_of_two_lengths_offered_at_once_none_overlap(exchange: Exchange) -> None:
    day = tuesday()

    together(*[lambda minutes=minutes: offer(exchange, day, minutes=minutes) for minutes in (60, 90, 120, 45)])

    found = sql(
        exchange,
        """
        SELECT a.id FROM meeting_slot a JOIN meeting_slot b USING (org, unit, place)
        WHERE a.id <> b.id AND a.starts_at >= $1::text::date AND a.starts_at < $1::text::date + 1
          AND tstzrange(a.starts_at, a.starts_at + make_interval(mins => a.minutes))
              && tstzrange(b.starts_at, b.starts_at + make_interval(mins => b.minutes))
        """,
        str(day),
    )
    assert found == []
    assert free(exchange, day)


def test_a_slot_is_withdrawn_when_the_meeting_that_had_it_is_cancelled(exchange: Exchange) -> None:
    day = tuesday()
    slot = offered(exchange, day)[0]
    receipt = claimed(exchange)
    path = f"{API}/consultations/{receipt['consultationId']}/meetings"
    booked = book(exchange, receipt, slotId=slot["slotId"]).json()
    cancelled = exchange.send("umea", "POST", f"{path}/{booked['meetingId']}/cancellations", version=3)

    gone = exchange.send("af-lead", "DELETE", f"{API}/meeting-slots/{slot['slotId']}")

    assert (cancelled.status_code, gone.status_code) == (200, 200)
    assert slot["slotId"] not in free(exchange, day)
    [meeting] = exchange.send("umea", "GET", path).json()["meetings"]
    assert (meeting["startsAt"], meeting["outcome"]) == (slot["startsAt"], "cancelled")


def test_the_asking_side_can_let_go_of_a_slot_and_state_none(exchange: Exchange) -> None:
    slot, other, *_ = (each["slotId"] for each in offered(exchange, tuesday()))
    receipt = claimed(exchange)
    assert book(exchange, receipt, slotId=slot).status_code == 200
    change = "UPDATE meeting SET slot_id = $1::text::uuid WHERE consultation_id = $2::text::uuid"
    as_asker = {"role": "consultation_runtime", "first": f"SET app.org = '{UMEA}'"}

    with pytest.raises(Exception, match="row-level security"):
        sql(exchange, change, other, receipt["consultationId"], **as_asker)
    assert sql(exchange, change, None, receipt["consultationId"], **as_asker) == []


def test_a_slot_is_withdrawn_unless_a_meeting_has_it(exchange: Exchange) -> None:
    day = tuesday()
    unused, booked, _ = (each["slotId"] for each in offered(exchange, day))
    assert book(exchange, claimed(exchange), slotId=booked).status_code == 200

    gone, kept, again = (
        exchange.send("af-lead", "DELETE", f"{API}/meeting-slots/{slot}") for slot in (unused, booked, unused)
    )

    assert (gone.status_code, kept.status_code, again.status_code) == (200, 409, 404)
    assert kept.json()["code"] == "slot_taken"
    assert unused not in free(exchange, day)
