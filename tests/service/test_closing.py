"""What a consultation came to, the closing of what nobody closes, and the pulse after it."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.consultation.lookups.simulator.persons import number
from services.consultation.timers.close_answered import ClosingAnswered
from shared.database.engine import Database
from shared.jobs.job import Run
from tests.attack.support import AF, BASE, CONSULTATIONS, sql
from tests.exchange import NOBODY, Exchange
from tests.service.given_consultations import HANDLER, claimed

DEFAULTS = {"consultation": 27 * 3600, "information_request": 18 * 3600}
DAY = timedelta(days=1)


def send(exchange: Exchange, name: str, receipt: dict[str, Any], action: str, version: int, body: Any = None) -> Any:
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/{action}"
    return exchange.send(name, "POST", path, body, version=version)


def answered(exchange: Exchange, name: str = "umea", body: Any = None, **changes: Any) -> dict[str, Any]:
    """Its version is 3."""
    receipt = claimed(exchange, name, **changes)
    assert send(exchange, HANDLER, receipt, "answers", 2, {"text": "Se nedan.", **(body or {})}).status_code == 200
    return receipt


def closed(exchange: Exchange, name: str = "umea", **changes: Any) -> dict[str, Any]:
    """Its version is 4."""
    receipt = answered(exchange, name, **changes)
    assert send(exchange, name, receipt, "closures", 3).status_code == 200
    return receipt


def read(exchange: Exchange, name: str, receipt: dict[str, Any], more: str = "") -> Any:
    answer = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}{more}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- closing codes ------------------------------------------------------------------------------------------------


def told_to_both(exchange: Exchange, receipt: dict[str, Any]) -> tuple[str, str | None]:
    """The code, when it is the same in the consultation and in the last event but closing, for both sides."""
    told = set()
    for name in ("umea", HANDLER):
        events = [each for each in read(exchange, name, receipt, "/events")["events"] if each["kind"] != "closed"]
        told.add((read(exchange, name, receipt)["closingCode"], events[-1]["detail"].get("closingCode")))
    (both,) = told
    return both


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "answered"), ({"closingCode": "referred"}, "referred"), ({"closingCode": "no_data"}, "no_data")],
)
def test_an_answer_says_what_it_came_to_and_both_sides_are_told(
    exchange: Exchange, body: dict[str, str], code: str
) -> None:
    receipt = answered(exchange, body=body)
    before = told_to_both(exchange, receipt)
    assert send(exchange, "umea", receipt, "closures", 3).status_code == 200

    assert (before, told_to_both(exchange, receipt)) == ((code, code), (code, code))


@pytest.mark.parametrize(
    ("reason", "stated", "code"),
    [
        ("not_for_this_authority", None, "wrong_authority"),
        ("person_unknown", None, "no_data"),
        ("duplicate", None, "referred"),
        ("no_legal_ground", "wrong_authority", "wrong_authority"),
    ],
)
def test_a_rejection_comes_to_what_its_reason_means_unless_the_handler_says_otherwise(
    exchange: Exchange, reason: str, stated: str | None, code: str
) -> None:
    receipt = exchange.open()
    body = {"reason": reason, **({"closingCode": stated} if stated else {})}
    assert send(exchange, HANDLER, receipt, "rejections", 1, body).status_code == 200

    assert told_to_both(exchange, receipt) == (code, code)


def test_what_is_withdrawn_says_so_and_what_is_open_has_no_code(exchange: Exchange) -> None:
    receipt = exchange.open()
    assert read(exchange, "umea", receipt)["closingCode"] is None

    assert send(exchange, "umea", receipt, "withdrawals", 1).status_code == 200

    assert told_to_both(exchange, receipt) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("answers", {"text": "svar", "closingCode": "withdrawn"}),
        ("answers", {"text": "svar", "closingCode": "wrong_authority"}),
        ("rejections", {"reason": "duplicate", "closingCode": "answered"}),
        ("rejections", {"reason": "duplicate", "closingCode": "okay"}),
    ],
)
def test_a_code_that_does_not_go_with_the_move_is_refused(exchange: Exchange, action: str, body: Any) -> None:
    receipt = claimed(exchange, "umea")

    refused = send(exchange, HANDLER, receipt, action, 2, body)

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request")
    assert read(exchange, "umea", receipt)["version"] == 2


# --- closing by the system -----------------------------------------------------------------------------------------


def close_answered(exchange: Exchange, at: datetime, *, after_days: int = 30) -> None:
    """One run of the job, as the role that carries it out."""

    async def run() -> None:
        database = Database(exchange.postgres.url("consultation", "consultation_worker"), pool_size=1)
        try:
            async with database.without_tenant() as connection:
                await ClosingAnswered(DEFAULTS, AF, after_days)(Run(connection, at, {}))
        finally:
            await database.close()

    asyncio.run(run())


def test_an_answer_that_nobody_closes_is_closed_by_the_system_when_its_days_are_over(exchange: Exchange) -> None:
    # Long before what other tests have answered.
    exchange.clock.stand_at(datetime(2026, 3, 2, 9, tzinfo=UTC))
    receipt = answered(exchange)
    due = exchange.clock() + 30 * DAY

    close_answered(exchange, due)
    before = read(exchange, "umea", receipt)["state"]
    close_answered(exchange, due + timedelta(seconds=1), after_days=0)
    when_off = read(exchange, "umea", receipt)["state"]
    for _ in range(2):
        close_answered(exchange, due + timedelta(seconds=1))
    exchange.clock.stand_at(due + DAY)

    assert (before, when_off) == ("answered", "answered")
    assert read(exchange, "umea", receipt)["state"] == "closed"
    *_, last = read(exchange, "umea", receipt, "/events")["events"]
    assert (last["kind"], last["sequence"], last["side"]) == ("closed", 4, "answering_authority")
    assert (last["actor"], last["detail"]) == (None, {"reason": "not_closed"})
    stored = "SELECT closed_at, closing_code FROM consultation WHERE id = $1"
    (row,) = sql(exchange, stored, uuid.UUID(receipt["consultationId"]))
    assert (row["closed_at"], row["closing_code"]) == (due + timedelta(seconds=1), "answered")
    trail = "SELECT org FROM audit_entry WHERE event = 'consultation.closed' AND object_id = $1"
    assert [each["org"] for each in sql(exchange, trail, uuid.UUID(receipt["consultationId"]))] == ["operator"]


def test_those_that_can_not_be_closed_step_aside_for_all_others_and_are_tried_again(
    exchange: Exchange, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.consultation.timers.close_answered.AT_ONCE", 1)
    exchange.clock.stand_at(datetime(2025, 6, 2, 9, tzinfo=UTC))
    broken, sound = answered(exchange), answered(exchange)
    # Before the other one, and before what other tests have answered.
    oldest = "UPDATE consultation SET type = 'damaged', answered_at = answered_at - interval '1 day' WHERE number = $1"
    sql(exchange, oldest, broken["number"])
    now = exchange.clock() + 31 * DAY

    failed = REGISTRY.get_sample_value("samrad_closings_failed_total")
    for _ in range(2):
        close_answered(exchange, now)
    said = [record.message for record in caplog.records if record.name == "timers"]
    exchange.clock.stand_at(now)

    assert (read(exchange, "umea", sound)["state"], said) == (
        "closed",
        ["an answered consultation could not be closed"],
    )
    assert REGISTRY.get_sample_value("samrad_closings_failed_total") == (failed or 0) + 1
    sql(exchange, "UPDATE consultation SET type = 'consultation' WHERE number = $1", broken["number"])
    close_answered(exchange, now + timedelta(minutes=59))
    waits = read(exchange, "umea", broken)["state"]
    close_answered(exchange, now + timedelta(hours=1))
    exchange.clock.stand_at(now + DAY)
    assert (waits, read(exchange, "umea", broken)["state"]) == ("answered", "closed")


def test_what_the_system_has_closed_can_be_reopened(exchange: Exchange) -> None:
    exchange.clock.stand_at(datetime(2026, 3, 2, 10, tzinfo=UTC))
    receipt = answered(exchange)
    exchange.clock.stand_at(exchange.clock() + 31 * DAY)
    close_answered(exchange, exchange.clock())

    assert send(exchange, "umea", receipt, "rounds", 4, {"question": "Och sedan?"}).status_code == 201


# --- the pulse -----------------------------------------------------------------------------------------------------


def give(exchange: Exchange, receipt: dict[str, Any], rating: int, words: str | None = None, name: str = "umea") -> Any:
    body = {"rating": rating, **({"text": words} if words else {})}
    return exchange.send(name, "POST", f"{CONSULTATIONS}/{receipt['consultationId']}/pulses", body)


def results(exchange: Exchange, month: str, group_by: str) -> dict[str, dict[str, Any]]:
    path = f"{BASE}/pulse-results?from={month}&to={month}&groupBy={group_by}"
    answer = exchange.send("dashboard", "GET", path, handler=None)
    assert answer.status_code == 200, answer.text
    return {each["key"]: each for each in answer.json()["groups"]}


@pytest.mark.requirement(70)
def test_a_pulse_result_is_shown_only_with_response_rate_and_n_and_never_per_named_handler(exchange: Exchange) -> None:
    # A month of its own.
    exchange.clock.stand_at(datetime(2025, 3, 4, 9, tzinfo=UTC))
    from_umea, from_malmo = (
        [closed(exchange, name) for _ in range(number)] for name, number in (("umea", 6), ("malmo", 5))
    )
    for receipt, rating in zip(from_umea, (5, 4, 4, 2, 5), strict=False):
        given = give(exchange, receipt, rating, "Marker: Hanna Handläggare var snabb.")
        assert given.status_code == 201, given.text

    whole = results(exchange, "2025-03", "none")["all"]
    assert {"n", "responseRate", "closed"} <= set(whole)
    assert (whole["closed"], whole["n"], whole["responseRate"], whole["mean"]) == (11, 5, 0.4545, 4.0)
    assert [each["count"] for each in whole["ratings"]] == [0, 1, 0, 2, 2]

    for receipt in from_malmo[:4]:
        assert give(exchange, receipt, 1, name="malmo").status_code == 201
    by_municipality = results(exchange, "2025-03", "municipality")
    # Four are too few; and what five thought is what is left of the nine, so it is not told either.
    assert {key: (each["n"], each["suppressed"], each["mean"]) for key, each in by_municipality.items()} == {
        "1280": (4, True, None),
        "2480": (5, True, None),
    }
    assert give(exchange, from_malmo[4], 1, name="malmo").status_code == 201
    assert results(exchange, "2025-03", "municipality")["1280"]["mean"] == 1.0

    # Whoever had them is no cut, and the words of the asker are nowhere.
    for cut in ("handler", "assignedTo", "actor"):
        refused = exchange.send("dashboard", "GET", f"{BASE}/pulse-results?groupBy={cut}", handler=None)
        assert refused.status_code == 422
    told = str(
        [results(exchange, "2025-03", cut) for cut in ("none", "month", "unit", "municipality", "county", "type")]
    )
    assert "Marker" not in told
    assert "hl-1" not in told


@pytest.mark.requirement(70)
def test_the_role_that_counts_pulses_can_neither_tell_who_had_it_nor_read_the_words(exchange: Exchange) -> None:
    for column, table in (
        ("assigned_to", "consultation"),
        ("sealed", "pulse"),
        ("actor", "consultation_event"),
        ("org", "consultation"),
    ):
        with pytest.raises(Exception, match="permission denied"):
            sql(exchange, f"SELECT {column} FROM {table}", role="consultation_statistics")


@pytest.mark.requirement(70)
def test_words_are_sealed_and_read_by_one_s_own_side_alone(exchange: Exchange) -> None:
    receipt = closed(exchange)
    assert give(exchange, receipt, 2, "Märkordet syns inte.").status_code == 201

    path = f"{CONSULTATIONS}/{receipt['consultationId']}/pulses"
    assert exchange.send("umea", "GET", path).json()["text"] == "Märkordet syns inte."
    assert exchange.send("malmo", "GET", path).status_code == 404
    assert exchange.send(HANDLER, "GET", path).status_code == 403
    query = "SELECT sealed FROM pulse WHERE consultation_id = $1"
    (row,) = sql(exchange, query, uuid.UUID(receipt["consultationId"]))
    assert "Märkordet".encode() not in row["sealed"]
    assert "Märkordet" not in str(read(exchange, HANDLER, receipt))


def test_a_pulse_is_given_once_and_of_what_is_closed(exchange: Exchange) -> None:
    receipt = answered(exchange)
    early = give(exchange, receipt, 5)
    assert send(exchange, "umea", receipt, "closures", 3).status_code == 200

    first, second = give(exchange, receipt, 5), give(exchange, receipt, 1)

    assert [(each.status_code, each.json().get("code")) for each in (early, first, second)] == [
        (409, "pulse_not_open"),
        (201, None),
        (409, "pulse_not_open"),
    ]
    foreign, unknown = give(exchange, receipt, 5, name="malmo"), give(exchange, {"consultationId": NOBODY}, 5)
    assert (foreign.status_code, unknown.status_code) == (404, 404)


@pytest.mark.parametrize("rating", [0, 6, 3.5, "4", True, None])
def test_a_rating_is_a_whole_number_from_one_to_five(exchange: Exchange, rating: Any) -> None:
    answer = exchange.send("umea", "POST", f"{CONSULTATIONS}/{NOBODY}/pulses", {"rating": rating})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")


def test_of_a_protected_person_no_words_are_taken_and_a_rating_is(exchange: Exchange) -> None:
    person = number("18910204", "980")
    receipt = closed(exchange, person=person)
    assert exchange.send("umea", "POST", f"{BASE}/protected-persons", {"person": person}).status_code in (200, 201)
    try:
        in_words, rated = give(exchange, receipt, 4, "Hon svarade"), give(exchange, receipt, 4)
    finally:
        exchange.send("umea", "POST", f"{BASE}/protected-persons/removals", {"person": person})

    assert (in_words.status_code, in_words.json()["code"]) == (409, "protected_identity")
    assert rated.status_code == 201


@pytest.mark.parametrize("period", ["from=2026-05&to=2026-04", "from=1900-01&to=1900-02", "from=2010-01&to=2026-01"])
def test_a_period_that_is_none_is_refused(exchange: Exchange, period: str) -> None:
    answer = exchange.send("dashboard", "GET", f"{BASE}/pulse-results?{period}", handler=None)

    assert (answer.status_code, answer.json()["code"]) == (422, "period_invalid")
