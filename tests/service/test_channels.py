"""Phone, post and meetings through the gateway, and which channel to choose."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from tests.exchange import Exchange
from tests.service.given_consultations import claimed
from tests.service.test_consultations import BASE, read
from tests.service.test_protected_identity import marked, numbers_in, somebody

API = "/consultation/v1"
MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)  # nine o'clock in Sweden
SWITCHBOARD = "090-16 10 00"


def post(
    exchange: Exchange, name: str, receipt: dict[str, Any], action: str, version: int, body: Any = None, **more: Any
) -> httpx.Response:
    return exchange.send(name, "POST", f"{BASE}/{receipt['consultationId']}/{action}", body, version=version, **more)


def call_back(exchange: Exchange, receipt: dict[str, Any], version: int, outcome: str, **more: Any) -> httpx.Response:
    body = {"switchboard": SWITCHBOARD, "outcome": outcome, "minutes": 4, **more}
    return post(exchange, "af-workbench", receipt, "call-backs", version, body)


def timeline(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = exchange.send(name, "GET", f"{BASE}/{receipt['consultationId']}/events").json()[
        "events"
    ]
    return events


def registration(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    return {
        "askingOrganisation": "2120002627",
        "type": "consultation",
        "purpose": "financial_aid_application",
        "caseReference": "EB-2026-TELEFON",
        "person": PERSONS["complete"].number,
        "question": "Är personen kvar i programmet?",
        "happenedAt": (exchange.clock() - timedelta(minutes=12)).isoformat(),
        "minutes": 6,
        **changes,
    }


# --- R10: which channel ------------------------------------------------------------------------------------------


def advice(exchange: Exchange, query: str) -> dict[str, Any]:
    answer = exchange.send("umea", "GET", f"{API}/channel-advice?{query}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.requirement(10)
def test_for_an_ordinary_status_question_the_advice_is_look_up_phone_line_remote_meeting_local_office(
    exchange: Exchange,
) -> None:
    told = advice(exchange, "type=information_request")

    assert [each["channel"] for each in told["channels"]] == ["look_up", "phone", "remote_meeting", "local_office"]
    assert [each["order"] for each in told["channels"]] == [1, 2, 3, 4]
    assert all(each["reason"]["sv"] and each["reason"]["en"] for each in told["channels"])


@pytest.mark.requirement(10)
@pytest.mark.parametrize("kind", ["information_request", "consultation", "joint_planning"])
def test_for_a_protected_person_the_digital_form_is_absent_and_there_is_the_phone_alone(
    exchange: Exchange, kind: str
) -> None:
    told = advice(exchange, f"type={kind}&protectedIdentity=true")

    assert [each["channel"] for each in told["channels"]] == ["phone"]
    assert {"look_up", "form"} & {each["channel"] for each in told["leftOut"]}


def test_a_channel_that_is_closed_at_the_hour_says_when_it_opens(exchange: Exchange) -> None:
    exchange.clock.stand_at(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))  # a Friday evening

    phone, meeting = advice(exchange, "type=consultation&talkNeeded=true")["channels"][:2]

    assert (phone["channel"], phone["openNow"], phone["opensAt"]) == ("phone", False, "2026-11-23T07:00:00Z")
    assert (meeting["channel"], meeting["openNow"]) == ("remote_meeting", False)
    at_noon = advice(exchange, "type=consultation&at=2026-11-23T11:00:00Z")["channels"]
    assert all(each["openNow"] for each in at_noon)


# --- R5: call-backs and letters ----------------------------------------------------------------------------------


@pytest.mark.requirement(5)
def test_after_two_failed_call_backs_it_goes_by_post_and_lead_time_runs_until_the_dispatch(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = claimed(exchange)
    exchange.clock.stand_at(MONDAY + timedelta(hours=1))

    first = call_back(exchange, receipt, 2, "not_reached").json()
    exchange.clock.stand_at(MONDAY + timedelta(hours=2))
    second = call_back(exchange, receipt, 3, "not_verified").json()

    assert (first["state"], first["failedAttempts"], first["letterTo"]) == ("in_progress", 1, None)
    assert (second["state"], second["turn"], second["failedAttempts"]) == ("sent_by_post", "post", 2)
    assert second["letterTo"]["city"] == "Umeå"
    exchange.clock.stand_at(MONDAY + timedelta(days=1))
    assert read(exchange, "umea", receipt)["leadTime"] is None
    exchange.clock.stand_at(MONDAY + timedelta(days=1, hours=2))
    left = post(exchange, "af-workbench", receipt, "dispatches", second["version"], {"text": "Svaret i brevet."})
    assert (left.status_code, left.json()["state"]) == (200, "answered"), left.text
    whole = read(exchange, "umea", receipt)
    assert whole["messages"][-1]["text"] == "Svaret i brevet."
    # Nine hours a day: two on Monday before the letter was chosen, then seven, and two on Tuesday.
    assert whole["leadTime"]["totalMinutes"] == 11 * 60
    kinds = [(each["kind"], each["channel"]) for each in timeline(exchange, "umea", receipt)]
    assert kinds[2:] == [
        ("called_back", "phone"),
        ("called_back", "phone"),
        ("sent_by_post", "post"),
        ("dispatched", "post"),
    ]


def test_a_call_back_that_reaches_the_asker_leads_to_no_letter(exchange: Exchange) -> None:
    receipt = claimed(exchange)

    failed = call_back(exchange, receipt, 2, "not_reached").json()
    reached = call_back(exchange, receipt, 3, "reached").json()

    assert (reached["state"], reached["failedAttempts"]) == (failed["state"], 1) == ("in_progress", 1)


def test_what_is_registered_late_happened_after_what_came_before_it(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = claimed(exchange)
    exchange.clock.stand_at(MONDAY + timedelta(hours=2))
    post(exchange, "af-workbench", receipt, "letters", 2)
    exchange.clock.stand_at(MONDAY + timedelta(hours=4))
    letter = {"text": "Svaret i brevet."}

    before_it_was_written = {**letter, "happenedAt": (MONDAY + timedelta(hours=1)).isoformat()}
    refused = post(exchange, "af-workbench", receipt, "dispatches", 3, before_it_was_written)
    an_hour_ago = {**letter, "happenedAt": (MONDAY + timedelta(hours=3)).isoformat()}
    left = post(exchange, "af-workbench", receipt, "dispatches", 3, an_hour_ago)

    assert (refused.status_code, refused.json()["code"]) == (422, "time_not_permitted")
    assert datetime.fromisoformat(refused.json()["earliest"]) == MONDAY + timedelta(hours=2)
    assert left.status_code == 200
    assert read(exchange, "umea", receipt)["leadTime"]["totalMinutes"] == 180


def test_who_has_stated_no_address_gets_none_proposed(exchange: Exchange) -> None:
    receipt = claimed(exchange, "malmo")

    chosen = post(exchange, "af-workbench", receipt, "letters", 2)

    assert (chosen.json()["state"], chosen.json()["letterTo"]) == ("sent_by_post", None)


def test_the_switchboard_that_was_called_is_told_to_nobody(exchange: Exchange) -> None:
    receipt = claimed(exchange)
    call_back(exchange, receipt, 2, "reached")

    for name in ("umea", "af-workbench"):
        assert SWITCHBOARD not in exchange.send(name, "GET", f"{BASE}/{receipt['consultationId']}").text
        assert SWITCHBOARD not in exchange.send(name, "GET", f"{BASE}/{receipt['consultationId']}/events").text


# --- registering what came ---------------------------------------------------------------------------------------


@pytest.mark.requirement(5)
def test_registering_a_phone_call_is_one_request(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)

    made = exchange.send("af-workbench", "POST", f"{API}/registrations", registration(exchange), handler="af-7")

    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["state"], told["assignedTo"], told["openedAt"]) == ("in_progress", "af-7", "2026-11-16T07:48:00Z")
    whole = read(exchange, "umea", told)
    assert (whole["caseReference"], whole["messages"][0]["text"]) == (
        "EB-2026-TELEFON",
        "Är personen kvar i programmet?",
    )
    assert told["number"] in numbers_in(exchange, "umea", BASE)
    opened = timeline(exchange, "umea", told)[0]
    assert (opened["kind"], opened["channel"], opened["side"]) == ("opened", "phone", "answering_authority")


@pytest.mark.requirement(5)
def test_a_call_that_was_answered_at_once_is_answered_in_the_same_request(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    body = registration(exchange, answer={"text": "Ja, till den 31 december."}, caseReference="EB-2026-DIREKT")

    made = exchange.send("af-workbench", "POST", f"{API}/registrations", body)

    assert (made.status_code, made.json()["state"]) == (201, "answered"), made.text
    whole = read(exchange, "umea", made.json())
    assert whole["messages"][-1]["text"] == "Ja, till den 31 december."
    # It came at 08.48 and took six minutes: office hours began at eight.
    assert whole["leadTime"]["totalMinutes"] == 6


def disclosing(*decided: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"text": "Se besluten.", "disclosures": list(decided), **more}


DISCLOSED = {"informationSet": "programme", "decision": "disclose", "content": "Garantin till den 31 december."}
PARTLY = {"informationSet": "action_plan", "decision": "partly", "reason": "not_needed", "content": "Praktik."}
REFUSED = {"informationSet": "daily_notes", "decision": "refuse", "reason": "secrecy"}
ASKED_FOR = {
    "type": "information_request",
    "informationSets": ["programme", "action_plan", "daily_notes"],
    "consentRegisteredOn": "2026-01-02",
}
SETS = {"type": "information_request", "details": ASKED_FOR}


@pytest.mark.requirement(13)
@pytest.mark.requirement(5)
def test_a_call_that_asks_for_sets_is_registered_and_decided_set_by_set_in_one_request(exchange: Exchange) -> None:
    answer = disclosing(DISCLOSED, PARTLY, REFUSED, closingCode="referred")
    body = registration(exchange, type="information_request", details=ASKED_FOR, answer=answer)

    made = exchange.send("af-workbench", "POST", f"{API}/registrations", body)

    assert (made.status_code, made.json()["state"]) == (201, "answered"), made.text
    whole = read(exchange, "umea", made.json())
    assert (whole["details"], whole["closingCode"]) == (ASKED_FOR, "referred")
    told = {each["informationSet"]: each for each in whole["informationSets"]}
    assert {code: (each["basis"], each["decision"], each["content"]) for code, each in told.items()} == {
        "programme": ("statute", "disclose", "Garantin till den 31 december."),
        "action_plan": ("consent", "partly", "Praktik."),
        "daily_notes": ("consent", "refuse", None),
    }
    assert told["daily_notes"]["legalBasis"] == "sfs-2009-400-assessment"
    assert told["daily_notes"]["appeal"]["sv"]


@pytest.mark.requirement(13)
def test_the_sets_that_a_call_asks_for_are_decided_later_when_it_is_not_answered_at_once(exchange: Exchange) -> None:
    body = registration(exchange, type="information_request", details=ASKED_FOR)
    made = exchange.send("af-workbench", "POST", f"{API}/registrations", body).json()

    waiting = read(exchange, "umea", made)["informationSets"]
    bare = post(exchange, "af-workbench", made, "answers", 2, {"text": "Se besluten."})
    whole = post(exchange, "af-workbench", made, "answers", 2, disclosing(DISCLOSED, PARTLY, REFUSED))

    assert [each["decision"] for each in waiting] == [None, None, None]
    assert (bare.status_code, sorted(bare.json()["missing"])) == (422, ["action_plan", "daily_notes", "programme"])
    assert (whole.status_code, whole.json()["state"]) == (200, "answered")


def test_a_call_carries_the_form_of_its_type(exchange: Exchange) -> None:
    details = {"type": "joint_planning", "needs": ["language", "health"]}

    made = exchange.send(
        "af-workbench", "POST", f"{API}/registrations", registration(exchange, type="joint_planning", details=details)
    )

    assert made.status_code == 201, made.text
    assert read(exchange, "umea", made.json())["details"] == details


def test_a_registration_sent_again_with_its_key_makes_nothing_new(exchange: Exchange) -> None:
    body = registration(exchange, caseReference="EB-2026-IGEN")

    first = exchange.send("af-workbench", "POST", f"{API}/registrations", body, key="call-1")
    again = exchange.send("af-workbench", "POST", f"{API}/registrations", body, key="call-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"askingOrganisation": "5560000000"}, 422, "malformed_request"),
        ({"askingOrganisation": "5560360793"}, 403, "no_ground"),
        ({"channel": "api"}, 422, "malformed_request"),
        ({"happenedAt": "2026-11-16T09:00:00"}, 422, "time_not_usable"),
        ({"happenedAt": "2030-01-01T09:00:00Z"}, 422, "time_not_usable"),
        ({"happenedAt": "2020-01-01T09:00:00Z"}, 422, "time_not_usable"),
        ({"minutes": -1}, 422, "malformed_request"),
        ({"minutes": 601}, 422, "malformed_request"),
        ({"person": "189001019803"}, 422, "person_number_invalid"),
        ({"caseReference": "x" * 32}, 422, "case_reference_invalid"),
        ({"purpose": "Nyfikenhet"}, 422, "malformed_request"),
        ({"assignedTo": "af-9"}, 422, "malformed_request"),
        ({"type": "joint_planning"}, 422, "malformed_request"),
        ({"details": ASKED_FOR}, 422, "malformed_request"),
        ({"type": "information_request", "details": {**ASKED_FOR, "informationSets": []}}, 422, "malformed_request"),
        ({**SETS, "details": {**ASKED_FOR, "consentRegisteredOn": "2099-01-01"}}, 422, "malformed_request"),
        ({**SETS, "answer": disclosing()}, 422, "disclosures_do_not_match"),
        ({**SETS, "answer": disclosing(DISCLOSED)}, 422, "disclosures_do_not_match"),
        ({**SETS, "answer": disclosing(DISCLOSED, DISCLOSED, PARTLY, REFUSED)}, 422, "disclosures_do_not_match"),
        (
            {**SETS, "answer": disclosing(DISCLOSED, PARTLY, {**REFUSED, "content": "Anteckning."})},
            422,
            "disclosures_do_not_match",
        ),
        ({"answer": disclosing(DISCLOSED)}, 422, "disclosures_do_not_match"),
        ({"answer": disclosing(closingCode="withdrawn")}, 422, "malformed_request"),
        ({"answer": "Ja."}, 422, "malformed_request"),
    ],
    ids=lambda value: next(iter(value.items())).__repr__() if isinstance(value, dict) else None,
)
def test_a_registration_that_is_not_fit_is_refused_and_nothing_is_stored(
    exchange: Exchange, changes: dict[str, Any], status: int, code: str
) -> None:
    before = exchange.send("umea", "GET", f"{BASE}?limit=1").json()["consultations"]

    refused = exchange.send("af-workbench", "POST", f"{API}/registrations", registration(exchange, **changes))

    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert exchange.send("umea", "GET", f"{BASE}?limit=1").json()["consultations"] == before


def test_about_a_person_with_protected_identity_nothing_is_registered(exchange: Exchange) -> None:
    person = somebody()
    with marked(exchange, person):
        body = registration(exchange, person=person, caseReference="EB-2026-SKYDDAD")
        refused = exchange.send("af-workbench", "POST", f"{API}/registrations", body)

    assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity"), refused.text


# --- R9: meetings ------------------------------------------------------------------------------------------------


def booking(starts_at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "remote",
        "startsAt": starts_at.isoformat(),
        "minutes": 30,
        "participants": ["municipality", "answering_authority"],
        **changes,
    }


@pytest.mark.requirement(9)
def test_a_consultation_waits_for_its_meeting_and_the_wait_is_told_in_the_timeline(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = claimed(exchange)
    starts_at = MONDAY + timedelta(days=2)

    booked = post(exchange, "af-workbench", receipt, "meetings", 2, booking(starts_at)).json()
    exchange.clock.stand_at(starts_at + timedelta(minutes=30))
    outcomes = f"meetings/{booked['meetingId']}/outcomes"
    held = post(exchange, "af-workbench", receipt, outcomes, 3, {"outcome": "held"})

    assert (booked["state"], booked["turn"]) == ("waiting_for_meeting", "meeting")
    assert (held.status_code, held.json()["state"]) == (200, "in_progress"), held.text
    meetings = exchange.send("umea", "GET", f"{BASE}/{receipt['consultationId']}/meetings").json()["meetings"]
    assert [(each["kind"], each["outcome"], each["missedBy"]) for each in meetings] == [("remote", "held", None)]
    turns = [each["turn"] for each in timeline(exchange, "umea", receipt)]
    assert turns == ["answering_authority", "answering_authority", "meeting", "answering_authority"]


def test_a_booking_sent_again_answers_the_same_also_when_the_meeting_has_begun(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    path = f"{BASE}/{claimed(exchange)['consultationId']}/meetings"
    body = booking(MONDAY + timedelta(minutes=5))

    first = exchange.send("af-workbench", "POST", path, body, version=2, key="meeting-again")
    exchange.clock.stand_at(MONDAY + timedelta(minutes=10))
    again = exchange.send("af-workbench", "POST", path, body, version=2, key="meeting-again")

    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert first.json() == again.json()


def test_a_missed_meeting_says_by_whom_and_another_can_be_booked(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = claimed(exchange)
    first = post(exchange, "af-workbench", receipt, "meetings", 2, booking(MONDAY + timedelta(hours=1))).json()
    exchange.clock.stand_at(MONDAY + timedelta(hours=2))

    outcome = {"outcome": "missed", "missedBy": "municipality"}
    missed = post(exchange, "af-workbench", receipt, f"meetings/{first['meetingId']}/outcomes", 3, outcome)
    second = post(exchange, "af-workbench", receipt, "meetings", 4, booking(MONDAY + timedelta(days=1)))

    assert (missed.json()["state"], second.json()["state"]) == ("in_progress", "waiting_for_meeting")


def test_the_asking_side_can_cancel_and_nobody_can_hold_what_has_not_begun(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = claimed(exchange)
    booked = post(exchange, "af-workbench", receipt, "meetings", 2, booking(MONDAY + timedelta(days=1))).json()
    meeting = f"meetings/{booked['meetingId']}"

    early = post(exchange, "af-workbench", receipt, f"{meeting}/outcomes", 3, {"outcome": "held"})
    cancelled = post(exchange, "umea", receipt, f"{meeting}/cancellations", 3)
    again = post(exchange, "umea", receipt, f"{meeting}/cancellations", 4)
    strangers = post(exchange, "malmo", receipt, f"{meeting}/cancellations", 4)

    assert (early.status_code, early.json()["code"]) == (409, "meeting_not_yet")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "in_progress"), cancelled.text
    assert (again.status_code, again.json()["code"]) == (409, "meeting_ended")
    assert strangers.status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"startsAt": "2026-11-16T07:00:00Z"}, "time_not_usable"),
        ({"startsAt": "2029-11-16T07:00:00Z"}, "time_not_usable"),
        ({"participants": ["municipality"]}, "malformed_request"),
        ({"participants": ["municipality", "municipality"]}, "malformed_request"),
        ({"participants": ["municipality", "Anna Andersson"]}, "malformed_request"),
        ({"minutes": 4}, "malformed_request"),
        ({"kind": "party"}, "malformed_request"),
    ],
    ids=["past", "far away", "alone", "twice", "a name", "short", "kind"],
)
def test_a_meeting_that_is_not_fit_is_refused(exchange: Exchange, changes: dict[str, Any], code: str) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = claimed(exchange)

    refused = post(exchange, "af-workbench", receipt, "meetings", 2, booking(MONDAY + timedelta(days=1), **changes))

    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
    assert read(exchange, "umea", receipt)["version"] == 2
