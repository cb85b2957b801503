"""Physical meetings through the door: asked for, granted by a booking, refused, or left when the consultation ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.exchange import NOBODY, Exchange
from tests.reading import whole_list
from tests.service.given_consultations import HANDLER, claimed
from tests.service.test_protected_identity import marked, somebody

pytestmark = pytest.mark.requirement(16)
API = "/consultation/v1"
MONDAY = datetime(2031, 5, 5, 8, tzinfo=UTC)
IN_A_WEEK = MONDAY + timedelta(days=7)
REFUSALS = "meeting-requests/refusals"


@pytest.fixture(autouse=True)
def _then(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)


def post(
    exchange: Exchange, name: str, receipt: dict[str, Any], action: str, version: int | None, body: Any = None
) -> httpx.Response:
    return exchange.send(
        name, "POST", f"{API}/consultations/{receipt['consultationId']}/{action}", body, version=version
    )


def done(
    exchange: Exchange, name: str, receipt: dict[str, Any], action: str, version: int, body: Any = None
) -> dict[str, Any]:
    answer = post(exchange, name, receipt, action, version, body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def read(exchange: Exchange, name: str, receipt: dict[str, Any], what: str = "") -> dict[str, Any]:
    answer = exchange.send(name, "GET", f"{API}/consultations/{receipt['consultationId']}{what}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def requests(exchange: Exchange, receipt: dict[str, Any], name: str = "umea") -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = read(exchange, name, receipt, "/meetings")["requests"]
    return told


def outcomes(exchange: Exchange, receipt: dict[str, Any]) -> list[str | None]:
    return [each["outcome"] for each in requests(exchange, receipt)]


def booking(kind: str = "physical") -> dict[str, Any]:
    who = ["person", "answering_authority"]
    return {"kind": kind, "startsAt": IN_A_WEEK.isoformat(), "minutes": 30, "participants": who}


def asked(exchange: Exchange) -> dict[str, Any]:
    """Taken by a handler, and a physical meeting asked for; its version is 3."""
    receipt = claimed(exchange)
    done(exchange, "umea", receipt, "meeting-requests", 2, {"distanceKm": 84})
    return receipt


def in_queue(exchange: Exchange, receipt: dict[str, Any]) -> bool:
    own = whole_list(exchange, HANDLER, "queue?assigned=me")
    [waiting] = (each["meetingRequested"] for each in own if each["consultationId"] == receipt["consultationId"])
    return bool(waiting)


def test_a_request_changes_neither_state_nor_turn_and_both_sides_see_it(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    assert read(exchange, HANDLER, receipt)["meetingRequestedAt"] is None
    assert not in_queue(exchange, receipt)

    told = done(exchange, "umea", receipt, "meeting-requests", 2, {"distanceKm": 84})

    assert (told["state"], told["turn"], told["version"]) == ("in_progress", "answering_authority", 3)
    assert in_queue(exchange, receipt)
    for name in ("umea", HANDLER):
        last = read(exchange, name, receipt, "/events")["events"][-1]
        assert (last["kind"], last["side"], last["detail"]) == ("meeting_requested", "municipality", {})
        [request] = requests(exchange, receipt, name)
        at = datetime.fromisoformat(request["requestedAt"])
        assert (at, request["distanceKm"], request["outcome"]) == (MONDAY, 84, None)
        assert datetime.fromisoformat(read(exchange, name, receipt)["meetingRequestedAt"]) == MONDAY


def test_a_physical_meeting_that_is_booked_grants_the_request_and_a_remote_one_does_not(exchange: Exchange) -> None:
    receipt = asked(exchange)
    remote = done(exchange, HANDLER, receipt, "meetings", 3, booking("remote"))
    assert outcomes(exchange, receipt) == [None]
    done(exchange, HANDLER, receipt, f"meetings/{remote['meetingId']}/outcomes", 4, {"outcome": "cancelled"})
    assert outcomes(exchange, receipt) == [None]

    booked = done(exchange, HANDLER, receipt, "meetings", 5, booking())

    [request] = requests(exchange, receipt)
    assert (request["outcome"], request["meetingId"], request["reason"]) == ("granted", booked["meetingId"], None)
    assert not in_queue(exchange, receipt)
    # Nobody need ask for what is awaited.
    again = post(exchange, "umea", receipt, "meeting-requests", 6)
    assert (again.status_code, again.json()["code"]) == (409, "meeting_requested_already")


def test_a_refusal_says_why_and_another_request_can_be_made(exchange: Exchange) -> None:
    receipt = asked(exchange)

    told = done(exchange, HANDLER, receipt, REFUSALS, 3, {"reason": "no_office_within_reach"})
    done(exchange, "umea", receipt, "meeting-requests", 4)

    assert (told["state"], told["version"]) == ("in_progress", 4)
    first, second = requests(exchange, receipt)
    assert (first["outcome"], first["reason"], first["meetingId"]) == ("refused", "no_office_within_reach", None)
    assert (second["outcome"], second["distanceKm"]) == (None, None)
    refused = read(exchange, "umea", receipt, "/events")["events"][-2]
    assert (refused["kind"], refused["detail"]) == ("meeting_refused", {"reason": "no_office_within_reach"})


@pytest.mark.parametrize(
    ("side", "action", "body", "outcome"),
    [
        (HANDLER, "outcomes", {"outcome": "cancelled"}, None),
        ("umea", "cancellations", None, "granted"),
    ],
    ids=["who answers", "who asked"],
)
def test_the_request_waits_again_when_who_answers_cancels_the_meeting(
    exchange: Exchange, side: str, action: str, body: Any, outcome: str | None
) -> None:
    receipt = asked(exchange)
    meeting = done(exchange, HANDLER, receipt, "meetings", 3, booking())["meetingId"]

    done(exchange, side, receipt, f"meetings/{meeting}/{action}", 4, body)

    assert outcomes(exchange, receipt) == [outcome]
    second = done(exchange, HANDLER, receipt, "meetings", 5, booking())["meetingId"]
    [request] = requests(exchange, receipt)
    assert (request["outcome"], request["meetingId"]) == ("granted", meeting if outcome else second)


@pytest.mark.parametrize(
    ("name", "action", "body"),
    [
        (HANDLER, "answers", {"text": "Svar."}),
        (HANDLER, "rejections", {"reason": "duplicate"}),
        ("umea", "withdrawals", None),
    ],
    ids=["answered", "rejected", "withdrawn"],
)
def test_what_waits_when_the_consultation_ends_was_not_granted(
    exchange: Exchange, name: str, action: str, body: Any
) -> None:
    receipt = asked(exchange)

    done(exchange, name, receipt, action, 3, body)

    [request] = requests(exchange, receipt)
    assert (request["outcome"], request["outcomeAt"], request["reason"]) == ("not_granted", None, None)
    assert read(exchange, "umea", receipt)["meetingRequestedAt"] is None
    late = post(exchange, "umea", receipt, "meeting-requests", 4)
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")


def test_what_was_granted_stays_so_when_the_asking_side_withdraws(exchange: Exchange) -> None:
    receipt = asked(exchange)
    done(exchange, HANDLER, receipt, "meetings", 3, booking())

    done(exchange, "umea", receipt, "withdrawals", 4)

    assert outcomes(exchange, receipt) == ["granted"]


@pytest.mark.parametrize(
    ("name", "action", "version", "body", "status", "code"),
    [
        ("malmo", "meeting-requests", 3, None, 404, "not_found"),
        ("malmo", REFUSALS, 3, {"reason": "no_free_time"}, 403, "scope_missing"),
        (HANDLER, "meeting-requests", 3, None, 403, "scope_missing"),
        ("umea", REFUSALS, 3, {"reason": "no_free_time"}, 403, "scope_missing"),
        ("umea", "meeting-requests", None, None, 428, "precondition_required"),
        ("umea", "meeting-requests", 2, None, 412, "version_changed"),
        ("umea", "meeting-requests", 3, None, 409, "meeting_requested_already"),
        ("umea", "meeting-requests", 3, {"distanceKm": -1}, 422, "malformed_request"),
        ("umea", "meeting-requests", 3, {"distanceKm": 2001}, 422, "malformed_request"),
        ("umea", "meeting-requests", 3, {"distanceKm": "84"}, 422, "malformed_request"),
        ("umea", "meeting-requests", 3, {"distanceKm": 8.5}, 422, "malformed_request"),
        ("umea", "meeting-requests", 3, {"address": "Storgatan 1"}, 422, "malformed_request"),
        (HANDLER, REFUSALS, 2, {"reason": "no_free_time"}, 412, "version_changed"),
        (HANDLER, REFUSALS, 3, {"reason": "not_now"}, 422, "malformed_request"),
        (HANDLER, REFUSALS, 3, {}, 422, "malformed_request"),
    ],
    ids=lambda value: str(value) if isinstance(value, str | int) else None,
)
def test_a_request_or_a_refusal_that_cannot_be_made_leaves_nothing(
    exchange: Exchange,
    given: dict[str, Any],
    name: str,
    action: str,
    version: int | None,
    body: Any,
    status: int,
    code: str,
) -> None:
    refused = post(exchange, name, given, action, version, body)

    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert outcomes(exchange, given) == [None]
    assert read(exchange, "umea", given)["version"] == 3


@pytest.fixture(scope="module")
def given(running: Exchange) -> dict[str, Any]:
    """One in which a request waits, which none of the refusals changes."""
    running.clock.stand_at(MONDAY)
    return asked(running)


def test_nobody_refuses_what_was_not_asked_for_or_what_another_handler_has(exchange: Exchange) -> None:
    receipt, reason = claimed(exchange), {"reason": "no_free_time"}
    nothing = post(exchange, HANDLER, receipt, REFUSALS, 2, reason)
    done(exchange, "umea", receipt, "meeting-requests", 2)
    path = f"{API}/consultations/{receipt['consultationId']}/{REFUSALS}"
    anothers = exchange.send(HANDLER, "POST", path, reason, version=3, handler="hl-2")
    unknown = exchange.send(HANDLER, "POST", f"{API}/consultations/{NOBODY}/{REFUSALS}", reason, version=3)

    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_meeting_requested")
    assert (anothers.status_code, anothers.json()["code"]) == (409, "claimed_by_another")
    assert unknown.status_code == 404


def test_of_a_person_with_protected_identity_nothing_is_asked_and_no_distance_is_told(exchange: Exchange) -> None:
    exchange.clock.back_to_now()
    person = somebody()
    before, after = (claimed(exchange, person=person) for _ in range(2))
    done(exchange, "umea", before, "meeting-requests", 2, {"distanceKm": 1317})
    done(exchange, HANDLER, before, REFUSALS, 3, {"reason": "no_office_within_reach"})

    with marked(exchange, person):
        refused = post(exchange, "umea", after, "meeting-requests", 2, {"distanceKm": 1317})
        assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity")
        for name in ("umea", HANDLER):
            assert read(exchange, name, before, "/meetings")["requests"] == []
            told = f"{read(exchange, name, before)}{read(exchange, name, before, '/events')}"
            assert not any(fact in told for fact in ("1317", "no_office_within_reach"))
        [request] = requests(exchange, before, "umea-protected")
        assert request["distanceKm"] == 1317
    told = exchange.send("umea", "GET", f"{API}/audit-entries?limit=100&objectId={before['consultationId']}").json()
    assert told["entries"]
    assert not any("1317" in str(entry["detail"]) for entry in told["entries"])
