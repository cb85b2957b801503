"""The steps of the working process through the gateway: each operation at least once, and what both sides see of it."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.persons import number
from tests.attack.support import sql
from tests.exchange import Exchange

BASE = "/consultation/v1"
CONSULTATIONS = f"{BASE}/consultations"
AF = "af-workbench"
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
FORMS: dict[str, dict[str, Any]] = {
    "information_request": {
        "informationSets": ["action_plan", "activity_reports"],
        "consentRegisteredOn": "2026-03-02",
    },
    "decision_interpretation": {"decisionType": "programme_placement", "decidedOn": "2026-03-02"},
    "study_transition": {"studyForm": "folk_high_school", "startsOn": "2027-01-11"},
    "employer_contact": {"employer": "2021002114", "matter": "Praktikplats från mars"},
    "joint_planning": {"needs": ["language", "work_training"]},
}


def act(
    exchange: Exchange,
    receipt: dict[str, Any],
    action: str,
    version: int,
    body: Any = None,
    name: str = AF,
    **more: Any,
) -> httpx.Response:
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/{action}"
    return exchange.send(name, "POST", path, body, version=version, **more)


def done(exchange: Exchange, receipt: dict[str, Any], *steps: tuple[Any, ...]) -> dict[str, Any]:
    """The last answer, when each step follows the one before: its operation, body and client."""
    answer: dict[str, Any] = {"version": 1}
    for operation, *rest in steps:
        told = act(exchange, receipt, operation, answer["version"], *rest)
        assert told.status_code == 200, f"{operation}: {told.text}"
        answer = told.json()
    return answer


def answered(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    receipt = exchange.open(**changes)
    done(exchange, receipt, ("claims",), ("answers", {"text": "Svar"}))
    return receipt


def read(exchange: Exchange, receipt: dict[str, Any], name: str = "umea") -> dict[str, Any]:
    answer = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}")
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


def timeline(exchange: Exchange, receipt: dict[str, Any], name: str = AF) -> list[dict[str, Any]]:
    answer = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/events")
    events: list[dict[str, Any]] = answer.json()["events"]
    return events


@pytest.mark.requirement(4)
def test_the_longest_way_from_question_to_answer(exchange: Exchange) -> None:
    receipt = exchange.open()
    steps: list[tuple[tuple[Any, ...], str, str]] = [
        (("triages", {"queue": "studies"}), "triaged", "answering_authority"),
        (("secrecy-tests",), "secrecy_test", "secrecy_test"),
        (("secrecy-tests/completions",), "in_progress", "answering_authority"),
        (("waits", {"reason": "consent"}), "waiting_for_person", "person"),
        (("resumptions", {"outcome": "received"}), "in_progress", "answering_authority"),
        (("questions", {"text": "Vilken period?", "reason": "question_incomplete"}), "waiting_for_municipality",
         "municipality"),
        (("resumptions", {"outcome": "received_otherwise"}), "in_progress", "answering_authority"),
        (("answers", {"text": "Praktik."}), "answered", "nobody"),
    ]  # fmt: skip

    for version, (step, state, turn) in enumerate(steps, start=1):
        answer = act(exchange, receipt, step[0], version, *step[1:])
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["turn"]) == (state, turn)
        assert answer.headers["etag"] == f'"{version + 1}"'

    details = {each["kind"]: each["detail"] for each in timeline(exchange, receipt)}
    assert details["triaged"] == {"queue": "studies"}
    assert details["asked_back"] == {"reason": "question_incomplete"}
    assert details["person_awaited"] == {"reason": "consent"}
    assert details["resumed"] == {"outcome": "received_otherwise"}
    assert "triaged" not in {each["kind"] for each in timeline(exchange, receipt, "umea")}
    stored = sql(exchange, "SELECT queue, triaged_at FROM consultation WHERE number = $1", receipt["number"])[0]
    assert stored["queue"] == "studies"
    assert stored["triaged_at"] is not None


def test_a_secrecy_test_takes_what_nobody_has_and_keeps_others_out(exchange: Exchange) -> None:
    receipt = exchange.open()
    begun = act(exchange, receipt, "secrecy-tests", 1, handler="af-1").json()

    ended = act(exchange, receipt, "secrecy-tests/completions", 2, handler="af-2")

    assert begun["assignedTo"] == "af-1"
    assert (ended.status_code, ended.json()["code"], ended.json()["assignedTo"]) == (409, "claimed_by_another", "af-1")


def test_a_rejection_tells_the_asker_why_by_a_code_and_in_words(exchange: Exchange) -> None:
    receipt = exchange.open()
    body = {"reason": "not_for_this_authority", "text": "Frågan hör till Skatteverket."}

    rejected = act(exchange, receipt, "rejections", 1, body).json()

    assert (rejected["state"], rejected["turn"]) == ("rejected", "nobody")
    whole = read(exchange, receipt)
    assert whole["messages"][-1]["text"] == "Frågan hör till Skatteverket."
    assert whole["messages"][-1]["kind"] == "rejected"
    assert timeline(exchange, receipt, "umea")[-1]["detail"] == {
        "reason": "not_for_this_authority",
        "closingCode": "wrong_authority",
    }
    assert whole["leadTime"] is None
    sealed = sql(exchange, "SELECT sealed FROM consultation_message WHERE consultation_id = $1 AND sequence = 2",
                 uuid.UUID(receipt["consultationId"]))  # fmt: skip
    assert b"Skatteverket" not in sealed[0]["sealed"]


def test_a_rejection_of_a_protected_person_s_question_carries_no_words(exchange: Exchange) -> None:
    person = number("18910203", "980")
    receipt = exchange.open(person=person)
    marked = exchange.send("umea", "POST", f"{BASE}/protected-persons", {"person": person})
    assert marked.status_code in (200, 201)
    try:
        refused = act(exchange, receipt, "rejections", 1, {"reason": "wrong_channel", "text": "Ring"})
        asked = act(exchange, receipt, "waits", 1, {"reason": "consent"})
        rejected = act(exchange, receipt, "rejections", 1, {"reason": "wrong_channel"})
    finally:
        exchange.send("umea", "POST", f"{BASE}/protected-persons/removals", {"person": person})

    assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity")
    assert asked.json()["code"] == "protected_identity"
    assert rejected.json()["state"] == "rejected"


# --- another round ----------------------------------------------------------------------------------------------


def test_the_next_round_is_a_consultation_of_its_own_that_points_back(exchange: Exchange) -> None:
    receipt = answered(exchange, category="planned_measures")
    before = read(exchange, receipt)

    opened = act(exchange, receipt, "rounds", 3, {"question": "Och i sommar?"}, "umea")

    assert opened.status_code == 201, opened.text
    following = opened.json()
    assert opened.headers["location"].endswith(following["consultationId"])
    assert following["number"] != receipt["number"]
    whole = read(exchange, following, AF)
    assert (whole["round"], whole["previousConsultationId"]) == (2, receipt["consultationId"])
    assert [(each["kind"], each["text"]) for each in whole["messages"]] == [("opened", "Och i sommar?")]
    same = ("type", "purpose", "caseReference", "person", "category")
    assert {name: whole[name] for name in same} == {name: before[name] for name in same}
    ended = read(exchange, receipt)
    assert (ended["state"], ended["version"], ended["leadTime"]) == ("closed", 4, before["leadTime"])
    last = timeline(exchange, receipt, "umea")[-1]
    assert (last["kind"], last["detail"]) == ("reopened", {"nextConsultationId": following["consultationId"]})


def test_a_round_rests_on_a_decision_of_its_own_and_stays_with_the_unit(exchange: Exchange) -> None:
    receipt = answered(exchange)
    query = "SELECT decision_id, unit, queue, restricted FROM consultation WHERE number = $1"
    exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=10))

    following = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea").json()

    first, second = (sql(exchange, query, each["number"])[0] for each in (receipt, following))
    assert first["decision_id"] != second["decision_id"]
    assert [first[name] for name in ("unit", "queue", "restricted")] == [
        second[name] for name in ("unit", "queue", "restricted")
    ]


def test_of_two_that_reopen_at_once_one_does(exchange: Exchange) -> None:
    exchange.client("umea").token_for(BASE)
    for _ in range(3):
        receipt = answered(exchange)
        with ThreadPoolExecutor(4) as pool:
            tries = [
                pool.submit(act, exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea") for _ in range(4)
            ]  # fmt: skip
            answers = [each.result() for each in tries]
        codes = sorted(answer.status_code for answer in answers)
        assert codes[0] == 201
        assert set(codes[1:]) <= {409, 412}
        rounds = sql(
            exchange,
            "SELECT count(*) FROM consultation WHERE previous_id = $1",
            uuid.UUID(receipt["consultationId"]),
        )
        assert rounds[0][0] == 1


def test_what_has_been_reopened_leads_to_its_next_round(exchange: Exchange) -> None:
    receipt = answered(exchange)
    following = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea").json()

    again = act(exchange, receipt, "rounds", 4, {"question": "Igen"}, "umea")

    assert (again.status_code, again.json()["code"]) == (409, "already_reopened")
    assert again.json()["nextConsultationId"] == following["consultationId"]


def test_a_round_sent_again_with_its_key_is_opened_once(exchange: Exchange) -> None:
    receipt, key = answered(exchange), str(uuid.uuid4())

    first = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea", key=key)
    again = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea", key=key)

    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


def test_a_round_without_a_ground_today_is_refused_and_the_one_before_is_as_it_was(exchange: Exchange) -> None:
    receipt = answered(exchange)
    exchange.clock.move_to(datetime(2021, 6, 1, 10, tzinfo=UTC))

    refused = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea")

    assert (refused.status_code, refused.json()["code"]) == (403, "no_ground")
    exchange.clock.back_to_now()
    assert read(exchange, receipt)["state"] == "answered"


@pytest.mark.requirement(92)
def test_the_next_round_of_what_is_hidden_is_as_hidden(exchange: Exchange) -> None:
    receipt = exchange.open("kriminalvarden", purpose="release_planning")
    done(exchange, receipt, ("claims", None, "af-corrections"), ("answers", {"text": "Svar"}, "af-corrections"))

    following = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "kriminalvarden").json()

    path = f"{CONSULTATIONS}/{following['consultationId']}"
    assert exchange.send(AF, "GET", path).status_code == 404
    assert act(exchange, following, "claims", 1).status_code == 404
    assert read(exchange, following, "af-corrections")["round"] == 2


def test_nothing_is_triaged_out_of_the_queue_of_corrections(exchange: Exchange) -> None:
    receipt = exchange.open("kriminalvarden", purpose="release_planning")

    refused = act(exchange, receipt, "triages", 1, {"queue": "general"}, "af-corrections")
    stays = act(exchange, receipt, "triages", 1, {"queue": "corrections"}, "af-corrections")

    assert (refused.status_code, refused.json()["errors"][0]["reason"]) == (422, "not_by_hand")
    assert stays.json()["state"] == "triaged"


# --- corrections ------------------------------------------------------------------------------------------------


@pytest.fixture
def worked(exchange: Exchange) -> dict[str, Any]:
    """Opened on a Monday at nine in Sweden, claimed at ten, answered at one."""
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open()
    exchange.clock.stand_at(MONDAY + timedelta(hours=1))
    act(exchange, receipt, "claims", 1)
    exchange.clock.stand_at(MONDAY + timedelta(hours=4))
    act(exchange, receipt, "answers", 2, {"text": "Svar"})
    return receipt


def test_a_correction_counts_time_anew_and_rewrites_nothing(exchange: Exchange, worked: dict[str, Any]) -> None:
    assert read(exchange, worked)["leadTime"]["totalMinutes"] == 240
    written = timeline(exchange, worked)
    right = (MONDAY + timedelta(hours=2)).isoformat().replace("+00:00", "Z")

    corrected = act(
        exchange, worked, "corrections", 3, {"sequence": 3, "reason": "registered_late", "happenedAt": right}
    )

    assert (corrected.status_code, corrected.json()["state"], corrected.json()["version"]) == (200, "answered", 4)
    whole = read(exchange, worked)
    assert whole["leadTime"]["totalMinutes"] == 120
    assert datetime.fromisoformat(whole["answeredAt"]) == MONDAY + timedelta(hours=2)
    *earlier, last = timeline(exchange, worked)
    assert earlier == written
    assert (last["kind"], last["detail"]["sequence"], last["detail"]["reason"]) == ("corrected", 3, "registered_late")


def test_a_time_that_cannot_be_is_refused_with_those_that_can(exchange: Exchange, worked: dict[str, Any]) -> None:
    for hours in (-1, 4.5, 24 * 400):
        wrong = (MONDAY + timedelta(hours=hours)).isoformat()
        body = {"sequence": 2, "reason": "wrong_time", "happenedAt": wrong}

        refused = act(exchange, worked, "corrections", 3, body)

        assert (refused.status_code, refused.json()["code"]) == (422, "time_not_permitted")
        span = [datetime.fromisoformat(refused.json()[name]) for name in ("earliest", "latest")]
        assert span == [MONDAY, MONDAY + timedelta(hours=1)]
    assert read(exchange, worked)["version"] == 3


def test_a_corrected_opening_is_the_opening_of_lists_figures_and_due_dates(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open()
    earlier = MONDAY - timedelta(days=3, hours=-1)  # Friday at ten
    body = {"sequence": 1, "reason": "registered_late", "happenedAt": earlier.isoformat(), "channel": "phone"}

    assert act(exchange, receipt, "corrections", 1, body).status_code == 200

    whole = read(exchange, receipt)
    told = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}/clock").json()
    (row,) = sql(exchange, "SELECT * FROM consultation WHERE number = $1", receipt["number"])
    assert datetime.fromisoformat(whole["openedAt"]) == row["opened_at"] == earlier
    assert row["channel_in"] == "phone"
    assert whole["dueAt"] == told["dueAt"]
    assert datetime.fromisoformat(whole["dueAt"]) < datetime.fromisoformat(receipt["dueAt"])


def test_corrected_waits_and_responses_are_stored_as_the_clock_tells_them(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open()
    act(exchange, receipt, "claims", 1)
    exchange.clock.stand_at(MONDAY + timedelta(hours=2))
    act(exchange, receipt, "questions", 2, {"text": "?"})
    asked_at = MONDAY + timedelta(hours=1)
    body = {"sequence": 3, "reason": "registered_late", "happenedAt": asked_at.isoformat()}

    act(exchange, receipt, "corrections", 3, body)

    (row,) = sql(exchange, "SELECT * FROM consultation WHERE number = $1", receipt["number"])
    assert (row["first_response_at"], row["clock_stopped_at"]) == (asked_at, asked_at)
    assert row["first_response_seconds"] == 3600


def test_a_later_correction_of_the_same_event_counts(exchange: Exchange, worked: dict[str, Any]) -> None:
    for version, hours in ((3, 2), (4, 3)):
        body = {"sequence": 3, "reason": "wrong_time", "happenedAt": (MONDAY + timedelta(hours=hours)).isoformat()}
        assert act(exchange, worked, "corrections", version, body).status_code == 200

    assert read(exchange, worked)["leadTime"]["totalMinutes"] == 180
    refused = act(exchange, worked, "corrections", 5, {"sequence": 4, "reason": "wrong_channel", "channel": "phone"})
    assert (refused.status_code, refused.json()["code"]) == (422, "event_not_correctable")


def test_a_correction_made_before_the_answer_is_in_its_lead_time(exchange: Exchange) -> None:
    exchange.clock.stand_at(MONDAY)
    receipt = exchange.open()
    act(exchange, receipt, "claims", 1)
    exchange.clock.stand_at(MONDAY + timedelta(hours=2))
    act(exchange, receipt, "questions", 2, {"text": "?"})
    body = {"sequence": 3, "reason": "registered_late", "happenedAt": (MONDAY + timedelta(hours=1)).isoformat()}
    act(exchange, receipt, "corrections", 3, body)
    act(exchange, receipt, "replies", 4, {"text": "!"}, "umea")
    act(exchange, receipt, "answers", 5, {"text": "Svar"})

    lead = read(exchange, receipt)["leadTime"]

    assert (lead["totalMinutes"], lead["municipalityMinutes"], lead["answeringAuthorityMinutes"]) == (120, 60, 60)


def test_a_correction_of_what_the_asker_does_not_see_is_not_seen_by_it_either(exchange: Exchange) -> None:
    receipt = exchange.open()
    done(exchange, receipt, ("claims",), ("releases",))
    for version, sequence in ((3, 3), (4, 2)):
        body = {"sequence": sequence, "reason": "wrong_channel", "channel": "phone"}
        assert act(exchange, receipt, "corrections", version, body).status_code == 200

    seen = {name: [each["sequence"] for each in timeline(exchange, receipt, name)] for name in (AF, "umea")}

    assert seen == {AF: [1, 2, 3, 4, 5], "umea": [1, 2, 5]}


# --- types and their forms --------------------------------------------------------------------------------------


@pytest.mark.requirement(4)
@pytest.mark.parametrize("asked", FORMS)
def test_what_a_type_asks_for_is_read_by_both_sides_and_by_nobody_in_the_database(
    exchange: Exchange, asked: str
) -> None:
    details = {"type": asked, **FORMS[asked]}

    receipt = exchange.open(type=asked, details=details)

    for name in ("umea", AF):
        told = read(exchange, receipt, name)["details"]
        assert {name: value for name, value in told.items() if value is not None} == details
    sealed = sql(exchange, "SELECT details_sealed FROM consultation WHERE number = $1", receipt["number"])[0][0]
    assert asked.encode() not in sealed
    listed = exchange.send("umea", "GET", CONSULTATIONS).text
    assert "Praktikplats" not in listed


def test_a_next_round_has_the_form_of_the_one_before_unless_it_states_another(exchange: Exchange) -> None:
    details = {"type": "joint_planning", "needs": ["health"]}
    receipt = answered(exchange, type="joint_planning", details=details)
    following = act(exchange, receipt, "rounds", 3, {"question": "Igen"}, "umea").json()
    done(exchange, following, ("claims",), ("answers", {"text": "Svar"}))
    other = {"type": "joint_planning", "needs": ["housing", "childcare"]}

    third = act(exchange, following, "rounds", 3, {"question": "Igen", "details": other}, "umea").json()

    assert read(exchange, following)["details"] == details
    assert (read(exchange, third)["details"], read(exchange, third)["round"]) == (other, 3)


def test_the_form_is_withheld_with_the_rest_when_the_person_is_protected(exchange: Exchange) -> None:
    person = number("18910204", "980")
    receipt = exchange.open(
        person=person, type="employer_contact", details={"type": "employer_contact", **FORMS["employer_contact"]}
    )
    assert exchange.send("malmo", "POST", f"{BASE}/protected-persons", {"person": person}).status_code in (200, 201)
    try:
        told = [read(exchange, receipt, name) for name in ("umea", AF)]
    finally:
        exchange.send("malmo", "POST", f"{BASE}/protected-persons/removals", {"person": person})

    assert [(each["withheld"], each["details"]) for each in told] == [(True, None), (True, None)]


def test_the_types_tell_what_they_ask_for(exchange: Exchange) -> None:
    told = exchange.http.get(f"{exchange.base_url}{BASE}/consultation-types").json()["types"]
    lists = exchange.http.get(f"{exchange.base_url}{BASE}/code-lists").json()["lists"]
    codes = {each["name"]: {code["code"] for code in each["codes"]} for each in lists}

    by_code = {each["code"]: each for each in told}
    assert set(by_code) == codes["consultationTypes"]
    for code, form in FORMS.items():
        fields = {each["name"]: each for each in by_code[code]["fields"]}
        assert set(fields) == set(form), "every field of a form is described"
        assert by_code[code]["detailsRequired"] is (code != "information_request")
        assert all(each["texts"]["sv"] and each["texts"]["en"] for each in fields.values())
        for name, field in fields.items():
            stated = form[name] if isinstance(form[name], list) else [form[name]]
            assert field["codeList"] is None or set(stated) <= codes[field["codeList"]]
    assert (by_code["consultation"]["fields"], by_code["consultation"]["detailsRequired"]) == ([], False)
    assert by_code["information_request"]["targetHours"] == 18
    assert set(by_code["information_request"]["informationSets"]) == codes["informationSets"]
