"""Four eyes: an answer that a second handler sees before it is told, and that nobody else sees until then (R13)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.simulator.persons import number
from tests.attack.support import sql, together
from tests.exchange import Exchange
from tests.reading import whole_list
from tests.service.given_consultations import claimed
from tests.service.test_channels import registration
from tests.service.test_protected_identity import marked
from tests.service.workbench.support import (
    ANSWER,
    APPROVER,
    HANDLER,
    asked,
    everything_stored,
    refusal,
    send,
    trail_of,
)
from tests.sizes import sample_or_full

RULES = "/consultation/v1/approval-rules"
QUEUE = "/consultation/v1/queue"
pytestmark = pytest.mark.requirement(13)

MARK = "MARKÖR-I-DET-SOM-VÄNTAR"
MARKED = {
    "text": f"{MARK} i svaret",
    "disclosures": [{"informationSet": "programme", "decision": "disclose", "content": f"{MARK} i mängden"}],
}
REFUSED = {"informationSet": "programme", "decision": "refuse", "reason": "secrecy"}


def propose(
    exchange: Exchange, receipt: dict[str, Any], version: int = 2, body: Any = ANSWER, handler: str = HANDLER
) -> httpx.Response:
    return send(exchange, "af-workbench", "POST", receipt, "answer-proposals", body, handler=handler, version=version)


def approve(
    exchange: Exchange, receipt: dict[str, Any], version: int = 3, handler: str = APPROVER, key: str | None = None
) -> httpx.Response:
    return send(exchange, "af-lead", "POST", receipt, "answer-approvals", handler=handler, version=version, key=key)


def send_back(
    exchange: Exchange, receipt: dict[str, Any], version: int = 3, reason: str = "Perioden saknas."
) -> httpx.Response:
    body = {"reason": reason}
    return send(exchange, "af-lead", "POST", receipt, "answer-returns", body, handler=APPROVER, version=version)


def proposal(exchange: Exchange, receipt: dict[str, Any], name: str = "af-lead") -> httpx.Response:
    return send(exchange, name, "GET", receipt, "answer-proposals", handler=APPROVER)


def proposed(exchange: Exchange, body: Any = ANSWER) -> dict[str, Any]:
    receipt = asked(exchange)
    answer = propose(exchange, receipt, body=body)
    assert answer.status_code == 200, answer.text
    return receipt


def set_rule(exchange: Exchange, covers: str | None, **changes: Any) -> httpx.Response:
    today = exchange.clock().astimezone(SWEDEN).date().isoformat()
    body = {"type": "information_request", "validFrom": today, "covers": covers, **changes}
    return exchange.send("af-manager", "POST", RULES, body)


@contextmanager
def rule(exchange: Exchange, covers: str, **changes: Any) -> Iterator[None]:
    """In force inside the block."""
    made = set_rule(exchange, covers, **changes)
    assert made.status_code == 201, made.text
    try:
        yield
    finally:
        assert set_rule(exchange, None, **changes).status_code == 201


def answer(exchange: Exchange, receipt: dict[str, Any], body: Any = ANSWER, version: int = 2) -> httpx.Response:
    return send(exchange, "af-workbench", "POST", receipt, "answers", body, version=version)


def kinds(exchange: Exchange, name: str, receipt: dict[str, Any]) -> list[tuple[str, str | None]]:
    events = send(exchange, name, "GET", receipt, "events").json()["events"]
    return [(each["kind"], each["actor"]) for each in events]


def test_an_answer_that_a_rule_covers_is_told_when_a_second_handler_has_approved_it(exchange: Exchange) -> None:
    with rule(exchange, "decisions"):
        receipt = asked(exchange)
        directly = answer(exchange, receipt)
        assert (refusal(directly), directly.json()["covers"]) == ((409, "approval_required"), "decisions")
        waits = propose(exchange, receipt)
        told = approve(exchange, receipt)

    assert (waits.json()["state"], waits.json()["turn"]) == ("in_progress", "answering_authority")
    assert (told.json()["state"], told.json()["version"]) == ("answered", 5)
    whole = send(exchange, "umea", "GET", receipt, "").json()
    assert whole["messages"][-1]["text"] == ANSWER["text"]
    assert whole["informationSets"][0]["content"] == "Garantin."


def test_the_one_who_asked_sees_an_answer_like_any_other_and_the_trail_of_the_answering_side_both_persons(
    exchange: Exchange,
) -> None:
    receipt = proposed(exchange)
    approve(exchange, receipt)

    assert kinds(exchange, "umea", receipt) == [("opened", HANDLER), ("claimed", None), ("answered", None)]
    assert kinds(exchange, "af-lead", receipt)[2:] == [
        ("answer_proposed", HANDLER),
        ("answer_approved", APPROVER),
        ("answered", HANDLER),
    ]
    ours, theirs = (trail_of(exchange, name, receipt) for name in ("af-lead", "umea"))
    persons = {each["event"]: each["actor"] for each in ours if each["event"].startswith("consultation.an")}
    assert persons["consultation.answer_proposed"] == HANDLER
    assert persons["consultation.answer_approved"] == APPROVER
    assert not {each["event"] for each in theirs} & {"consultation.answer_proposed", "consultation.answer_approved"}


def test_what_handlers_have_among_themselves_is_found_nowhere_by_the_one_who_asked_and_nowhere_in_the_clear(
    exchange: Exchange,
) -> None:
    receipt = asked(exchange)
    exchange.clock.stand_at(exchange.clock())
    seen_before = told_to_the_asker(exchange, receipt)
    propose(exchange, receipt, body=MARKED)
    waiting = told_to_the_asker(exchange, receipt)
    send_back(exchange, receipt, reason=f"{MARK} i orsaken")
    sent_back = told_to_the_asker(exchange, receipt)
    for method, path, version in (("POST", "notes", None), ("PUT", "draft", 0)):
        body = {"text": f"{MARK} i {path}"}
        written = send(
            exchange, "af-workbench", method, receipt, path, body, version=version, key=f"{path}-{receipt['number']}"
        )
        assert written.status_code in (200, 201), written.text

    assert seen_before == waiting == sent_back == told_to_the_asker(exchange, receipt)
    assert MARK not in everything_stored(exchange)
    assert MARK in proposal(exchange, receipt).json()["reason"]
    refused = proposal(exchange, receipt, "umea")
    assert refusal(refused) == (403, "scope_missing")


def told_to_the_asker(exchange: Exchange, receipt: dict[str, Any]) -> list[Any]:
    """All that it can read of the consultation but which version it is in, and what its webhooks may be told."""
    told = [send(exchange, "umea", "GET", receipt, path).json() for path in ("", "events", "clock", "links", "notes")]
    told[0].pop("version")
    listed = whole_list(exchange, "umea", "consultations")
    [row] = (each for each in listed if each["consultationId"] == receipt["consultationId"])
    row.pop("version")
    query = "SELECT kind FROM outbox WHERE consultation_id = $1 AND audience = 'both' ORDER BY sequence"
    outbox = [each["kind"] for each in sql(exchange, query, receipt["consultationId"])]
    assert MARK not in str(told)
    return [told, row, outbox]


@pytest.mark.parametrize(
    ("covers", "decided", "required"),
    [
        ("all_answers", ANSWER["disclosures"], True),
        ("decisions", ANSWER["disclosures"], True),
        ("refusals", ANSWER["disclosures"], False),
        ("refusals", [REFUSED], True),
        ("refusals", [{**REFUSED, "decision": "partly", "content": "En del."}], True),
    ],
    ids=["all", "decisions", "disclosed whole", "refused", "partly"],
)
def test_a_rule_covers_the_answers_that_it_says(exchange: Exchange, covers: str, decided: Any, required: bool) -> None:
    receipt = asked(exchange)

    with rule(exchange, covers):
        told = answer(exchange, receipt, {"text": "Se besluten.", "disclosures": decided})

    assert told.status_code == (409 if required else 200), told.text


def test_a_rule_holds_for_its_unit_and_type_and_for_answers_sent_while_it_is_in_force(exchange: Exchange) -> None:
    receipt, other = asked(exchange), claimed(exchange)
    unit = sql(exchange, "SELECT unit FROM consultation WHERE id = $1", receipt["consultationId"])[0]["unit"]

    with rule(exchange, "all_answers", unit="elsewhere"):
        assert answer(exchange, asked(exchange)).status_code == 200
    with rule(exchange, "all_answers", unit=unit):
        assert refusal(answer(exchange, receipt)) == (409, "approval_required")
        assert answer(exchange, other, {"text": "Av en annan typ."}).status_code == 200
    assert answer(exchange, receipt).status_code == 200, "the rule has ended"


def test_a_hand_over_takes_the_answer_to_the_rule_of_its_new_unit_unless_one_hands_it_over_to_oneself(
    exchange: Exchange,
) -> None:
    def handed_over(by: str, *, taken_by: str) -> dict[str, Any]:
        receipt = asked(exchange)
        body = {"unit": "af-01-a", "reason": "wrong_unit"}
        if by != "hl-1":
            assert send(exchange, "af-workbench", "POST", receipt, "releases", version=2).status_code == 200
        version = 2 if by == "hl-1" else 3
        moved = send(exchange, "af-lead", "POST", receipt, "hand-overs", body, version=version, handler=by)
        assert moved.status_code == 200, moved.text
        taken = send(exchange, "af-workbench", "POST", receipt, "claims", version=version + 1, handler=taken_by)
        assert taken.status_code == 200, taken.text
        return {**receipt, "version": version + 2}

    def answered(receipt: dict[str, Any], handler: str) -> int:
        return send(
            exchange, "af-workbench", "POST", receipt, "answers", ANSWER, version=receipt["version"], handler=handler
        ).status_code

    to_another, to_herself = handed_over("hl-1", taken_by="hl-3"), handed_over("hl-1", taken_by="HL-1")
    by_another = handed_over("hl-9", taken_by="hl-1")
    unit = sql(exchange, "SELECT unit FROM consultation WHERE id = $1", asked(exchange)["consultationId"])[0]["unit"]

    with rule(exchange, "all_answers", unit=unit):
        assert [answered(to_another, "hl-3"), answered(by_another, "hl-1")] == [200, 200]
        assert answered(to_herself, "HL-1") == 409
    with rule(exchange, "all_answers", unit="af-01-a"):
        assert answered(to_herself, "HL-1") == 409
    assert answered(to_herself, "HL-1") == 200, "neither unit has a rule any more"


def test_a_rule_that_begins_later_asks_nothing_of_what_is_sent_before(exchange: Exchange) -> None:
    tomorrow = (exchange.clock().astimezone(SWEDEN) + timedelta(days=1)).date().isoformat()
    before, after = asked(exchange), asked(exchange)

    with rule(exchange, "all_answers", validFrom=tomorrow):
        assert answer(exchange, before).status_code == 200
        exchange.clock.move_to(exchange.clock() + timedelta(days=2))
        assert refusal(answer(exchange, after)) == (409, "approval_required")
        exchange.clock.back_to_now()


def test_a_rule_is_the_answering_authoritys_and_does_not_begin_in_the_past(exchange: Exchange) -> None:
    yesterday = (exchange.clock() - timedelta(days=2)).date().isoformat()
    body = {"validFrom": exchange.clock().date().isoformat(), "covers": "decisions"}

    assert refusal(set_rule(exchange, "decisions", validFrom=yesterday)) == (422, "begins_too_early")
    assert refusal(exchange.send("af-lead", "POST", RULES, body)) == (403, "scope_missing")
    assert refusal(set_rule(exchange, "everything")) == (422, "malformed_request")
    listed = exchange.send("af-workbench", "GET", RULES).json()["rules"]
    assert all(each["validFrom"] != yesterday for each in listed)


@pytest.mark.parametrize("handler", [HANDLER, HANDLER.upper()], ids=["herself", "herself in capitals"])
def test_nobody_approves_or_sends_back_her_own_answer_by_whatever_client(exchange: Exchange, handler: str) -> None:
    receipt = proposed(exchange)

    refused = approve(exchange, receipt, handler=handler)

    assert refusal(refused) == (409, "second_person_required")
    body = {"reason": "Själv."}
    own = send(exchange, "af-lead", "POST", receipt, "answer-returns", body, handler=handler, version=3)
    assert refusal(own) == (409, "second_person_required")


def test_without_the_scope_nobody_approves(exchange: Exchange) -> None:
    receipt = proposed(exchange)

    refused = send(exchange, "af-workbench", "POST", receipt, "answer-approvals", handler=APPROVER, version=3)

    assert (refusal(refused), refused.json()["requiredScope"]) == ((403, "scope_missing"), "samrad:answers.approve")


def test_what_is_approved_is_what_was_read(exchange: Exchange) -> None:
    receipt = proposed(exchange)
    read = proposal(exchange, receipt)
    assert propose(exchange, receipt, 3, {**ANSWER, "text": "Något helt annat."}).status_code == 200

    stale = approve(exchange, receipt, read.json()["version"])

    assert refusal(stale) == (412, "version_changed")
    now = proposal(exchange, receipt)
    assert (now.json()["text"], now.headers["ETag"]) == ("Något helt annat.", '"4"')
    assert approve(exchange, receipt, 4).status_code == 200


def test_of_two_who_approve_at_once_one_does_and_it_is_told_once(exchange: Exchange) -> None:
    receipt = proposed(exchange)

    answers = together(*(lambda each=each: approve(exchange, receipt, handler=each) for each in ("hl-2", "hl-3")))

    assert sorted(each.status_code for each in answers) in ([200, 409], [200, 412])
    assert [kind for kind, _ in kinds(exchange, "umea", receipt)].count("answered") == 1


def test_an_approval_and_a_withdrawal_at_once_leave_one_of_them(exchange: Exchange) -> None:
    receipt = proposed(exchange)

    answers = together(
        lambda: approve(exchange, receipt),
        lambda: send(exchange, "umea", "POST", receipt, "withdrawals", version=3),
    )

    assert min(each.status_code for each in answers) == 200
    assert sum(each.status_code == 200 for each in answers) == 1
    state = send(exchange, "umea", "GET", receipt, "").json()["state"]
    assert state == ("answered" if answers[0].status_code == 200 else "withdrawn")


def test_an_approval_sent_twice_with_its_key_is_made_once(exchange: Exchange) -> None:
    receipt = proposed(exchange)

    answers = [approve(exchange, receipt, key=f"approve-{receipt['number']}") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_what_is_sent_back_keeps_its_text_and_says_why_until_it_is_proposed_anew(exchange: Exchange) -> None:
    receipt = proposed(exchange)

    assert send_back(exchange, receipt).status_code == 200
    told = proposal(exchange, receipt, "af-workbench").json()
    assert (told["waiting"], told["reason"], told["sentBackBy"]) == (False, "Perioden saknas.", APPROVER)
    assert told["text"] == ANSWER["text"]
    assert refusal(approve(exchange, receipt, 4)) == (409, "nothing_proposed")
    assert refusal(send_back(exchange, receipt, 4)) == (409, "nothing_proposed")

    assert propose(exchange, receipt, 4, {**ANSWER, "text": "Med perioden."}).status_code == 200
    again = proposal(exchange, receipt).json()
    assert (again["waiting"], again["reason"], again["text"]) == (True, None, "Med perioden.")
    assert approve(exchange, receipt, 5).json()["state"] == "answered"
    assert refusal(proposal(exchange, receipt)) == (404, "not_found")


VOIDING: dict[str, tuple[str, str, Any]] = {
    "released": ("af-workbench", "releases", None),
    "asked back": ("af-workbench", "questions", {"text": "Vilken period?"}),
    "handed over": ("af-lead", "hand-overs", {"unit": "af-01-a", "reason": "wrong_unit"}),
    "assigned": ("af-lead", "assignments", {"handler": "hl-3"}),
    "rejected": ("af-workbench", "rejections", {"reason": "duplicate"}),
    "withdrawn": ("umea", "withdrawals", None),
    "a secrecy test": ("af-workbench", "secrecy-tests", None),
    "by post": ("af-workbench", "letters", None),
    "answered directly": ("af-workbench", "answers", ANSWER),
}


VOIDED = [(what, False) for what in VOIDING] + [(what, True) for what in list(VOIDING)[:: sample_or_full(7, 1)]]


@pytest.mark.parametrize(("what", "sent_back"), VOIDED)
def test_whatever_else_happens_to_the_consultation_voids_the_proposal(
    exchange: Exchange, what: str, sent_back: bool
) -> None:
    receipt = proposed(exchange)
    version = send_back(exchange, receipt).json()["version"] if sent_back else 3
    name, path, body = VOIDING[what]

    moved = send(exchange, name, "POST", receipt, path, body, version=version)

    assert moved.status_code == 200, moved.text
    # Its author goes on with a letter: what was said of the answer is said of that.
    kept = sent_back and what == "by post"
    query = "SELECT FROM answer_proposal WHERE consultation_id = $1"
    assert len(sql(exchange, query, receipt["consultationId"])) == (1 if kept else 0)
    if not sent_back:
        refused = approve(exchange, receipt, version + 1)
        assert refusal(refused) in ((409, "nothing_proposed"), (409, "illegal_transition"))


def test_bulk_assignment_voids_it_too(exchange: Exchange) -> None:
    receipt = proposed(exchange)
    body = {"handler": "hl-3", "consultations": [{"consultationId": receipt["consultationId"], "version": 3}]}

    assert exchange.send("af-lead", "POST", f"{QUEUE}/assignments", body).json()["outcomes"][0]["done"]

    assert refusal(proposal(exchange, receipt)) == (404, "not_found")


def test_an_escalation_and_a_correction_leave_it_waiting(exchange: Exchange) -> None:
    receipt = proposed(exchange)
    escalated = send(exchange, "af-workbench", "POST", receipt, "escalations", {"reason": "secrecy_unclear"}, version=3)
    assert escalated.status_code == 200, escalated.text

    assert refusal(approve(exchange, receipt, 3)) == (412, "version_changed")
    assert approve(exchange, receipt, 4).status_code == 200


def test_a_letter_is_approved_before_it_leaves_and_the_approval_is_its_dispatch(exchange: Exchange) -> None:
    receipt = asked(exchange)
    assert send(exchange, "af-workbench", "POST", receipt, "letters", version=2).status_code == 200

    with rule(exchange, "all_answers"):
        directly = send(exchange, "af-workbench", "POST", receipt, "dispatches", ANSWER, version=3)
        assert refusal(directly) == (409, "approval_required")
        assert propose(exchange, receipt, 3).json()["state"] == "sent_by_post"
        assert approve(exchange, receipt, 4).json()["state"] == "answered"

    assert kinds(exchange, "umea", receipt)[-1] == ("dispatched", None)


def register(exchange: Exchange, channel: str) -> httpx.Response:
    """A contact that asked for a set, answered at once: twelve minutes ago it began, and it lasted until now."""
    details = {"type": "information_request", "informationSets": ["programme"]}
    asked_for = {"channel": channel, "type": "information_request", "details": details, "minutes": 15}
    body = registration(exchange, **asked_for, answer=ANSWER)
    return exchange.send("af-workbench", "POST", "/consultation/v1/registrations", body)


@pytest.mark.requirement(13)
def test_the_answer_to_a_letter_is_not_told_by_registering_the_letter(exchange: Exchange) -> None:
    before = sql(exchange, "SELECT count(*) AS number FROM consultation")
    with rule(exchange, "decisions"):
        refused = register(exchange, "post")
    told = register(exchange, "post")

    assert refusal(refused) == (409, "approval_required")
    assert told.status_code == 201
    assert sql(exchange, "SELECT count(*) AS number FROM consultation")[0]["number"] == before[0]["number"] + 1


@pytest.mark.requirement(13)
@pytest.mark.parametrize("channel", ["phone", "local_office"])
def test_what_was_said_and_should_have_been_seen_by_two_stands_in_the_trail_of_the_answering_side_alone(
    exchange: Exchange, channel: str
) -> None:
    with rule(exchange, "decisions"):
        covered = register(exchange, channel).json()
    free = register(exchange, channel).json()

    entries = {
        name: [
            [each for each in trail_of(exchange, name, made) if each["event"] == "consultation.told_without_approval"]
            for made in (covered, free)
        ]
        for name in ("umea", "af-manager")
    }
    assert entries["umea"] == [[], []]
    [[entry], nothing] = entries["af-manager"]
    assert (entry["detail"]["covers"], entry["detail"]["channel"], nothing) == ("decisions", channel, [])


def test_decisions_that_do_not_match_are_refused_when_they_are_proposed(exchange: Exchange) -> None:
    receipt = asked(exchange)

    refused = propose(exchange, receipt, body={"text": "Utan beslut."})

    assert refusal(refused) == (422, "disclosures_do_not_match")
    assert send(exchange, "af-workbench", "GET", receipt, "").json()["version"] == 2
    assert refusal(propose(exchange, receipt, handler=APPROVER)) == (409, "claimed_by_another")


def test_nothing_is_proposed_of_a_person_with_protected_identity_and_what_waits_is_withheld(
    exchange: Exchange,
) -> None:
    person = number("18950316", "104")
    receipt, later = claimed(exchange, person=person), claimed(exchange, person=person)
    assert propose(exchange, receipt, body={"text": "Svar."}).status_code == 200

    with marked(exchange, person):
        for refused in (
            propose(exchange, later, body={"text": "Svar."}),
            proposal(exchange, receipt),
            approve(exchange, receipt),
        ):
            assert refusal(refused) == (409, "protected_identity")


@pytest.mark.requirement(90)
def test_what_is_hidden_is_proposed_and_approved_in_the_small_circle_alone(exchange: Exchange) -> None:
    receipt = exchange.open("umea-violence", violence=True, matter="planned_measures", question=None)
    assert send(exchange, "af-violence", "POST", receipt, "claims", version=1).status_code == 200
    body = {"text": "Svar."}
    assert send(exchange, "af-violence", "POST", receipt, "answer-proposals", body, version=2).status_code == 200

    assert refusal(proposal(exchange, receipt)) == (404, "not_found")
    assert refusal(approve(exchange, receipt)) == (404, "not_found")
    assert proposal(exchange, receipt, "af-violence").status_code == 200
    approved = send(exchange, "af-violence", "POST", receipt, "answer-approvals", handler=APPROVER, version=3)
    assert approved.json()["state"] == "answered"


def test_approvers_find_what_waits_and_handlers_see_that_it_does(exchange: Exchange) -> None:
    receipt, other = proposed(exchange), asked(exchange)

    found = list(whole_list(exchange, "af-lead", "queue?awaitingApproval=true"))

    assert all(each["awaitingApproval"] for each in found)
    waiting = {each["consultationId"] for each in found}
    assert receipt["consultationId"] in waiting
    assert other["consultationId"] not in waiting
    own, theirs = (
        send(exchange, name, "GET", receipt, "").json()["awaitingApproval"] for name in ("af-workbench", "umea")
    )
    assert (own, theirs) == (True, False)


@pytest.mark.requirement(11)
def test_time_is_counted_as_if_nobody_had_been_asked(exchange: Exchange) -> None:
    """Whose turn it is, the first response and the handler's time are those of the same answer sent directly."""
    monday = datetime(2026, 3, 23, 8, tzinfo=UTC)
    exchange.clock.stand_at(monday)
    directly, seen = asked(exchange), asked(exchange)
    exchange.clock.stand_at(monday + timedelta(hours=1))
    propose(exchange, seen)
    exchange.clock.stand_at(monday + timedelta(hours=2))
    assert send_back(exchange, seen).status_code == 200
    assert propose(exchange, seen, 4).status_code == 200
    exchange.clock.stand_at(monday + timedelta(hours=3))
    assert answer(exchange, directly).status_code == 200
    assert approve(exchange, seen, 5).status_code == 200

    counted = (
        "total_seconds, answering_seconds, touch_seconds, first_response_seconds, first_response_at, answered_at, "
        "due_at, target_seconds, closing_code"
    )
    first, second = (
        dict(sql(exchange, f"SELECT {counted} FROM consultation WHERE id = $1", each["consultationId"])[0])
        for each in (directly, seen)
    )
    assert first == second
    assert first["touch_seconds"] == 3 * 3600
    ours, theirs = (send(exchange, name, "GET", seen, "clock").json()["intervals"] for name in ("af-lead", "umea"))
    assert len(ours) == len(theirs)
