"""Two hands at the same moment: one of them wins, and the trail tells one story."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from tests.attack.support import CONSULTATIONS, act, sql, together
from tests.exchange import Exchange, consultation_body
from tests.sizes import sample_or_full

pytestmark = pytest.mark.attack
ROUNDS = sample_or_full(6, 200)


def story(exchange: Exchange, receipt: dict[str, Any]) -> list[str]:
    """Actions in order, after checking that events, version, outbox and trail agree."""
    row = sql(exchange, "SELECT id, version, state FROM consultation WHERE number = $1", receipt["number"])[0]
    events = sql(
        exchange,
        "SELECT sequence, action, state FROM consultation_event WHERE consultation_id = $1 ORDER BY 1",
        row["id"],
    )
    assert [event["sequence"] for event in events] == list(range(1, row["version"] + 1))
    assert events[-1]["state"] == row["state"]
    outbox = sql(exchange, "SELECT count(*) AS n FROM outbox WHERE consultation_id = $1", row["id"])
    trail = sql(
        exchange,
        "SELECT count(*) AS n FROM audit_entry WHERE object_id = $1 AND outcome = 'permitted' "
        "AND event <> 'consultation.read'",
        row["id"],
    )
    assert outbox[0]["n"] == trail[0]["n"] == row["version"]
    return [event["action"] for event in events]


def one_wins(answers: list[httpx.Response]) -> None:
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(won) == 1, [answer.status_code for answer in answers]
    assert all(answer.status_code in (409, 412) for answer in lost)


def test_answer_and_withdrawal_at_the_same_moment_have_one_winner(exchange: Exchange) -> None:
    for _ in range(ROUNDS):
        receipt = exchange.open()
        act(exchange, "af-workbench", receipt, "claims", 1)

        answers = together(
            partial(act, exchange, "af-workbench", receipt, "answers", 2, "svar"),
            partial(act, exchange, "umea", receipt, "withdrawals", 2),
        )

        one_wins(answers)
        assert story(exchange, receipt)[2:] in (["answered"], ["withdrawn"])


def test_two_replies_at_the_same_moment_are_one(exchange: Exchange) -> None:
    for _ in range(ROUNDS):
        receipt = exchange.open()
        act(exchange, "af-workbench", receipt, "claims", 1)
        act(exchange, "af-workbench", receipt, "questions", 2, "vad?")

        answers = together(*[partial(act, exchange, "umea", receipt, "replies", 3, text) for text in ("ett", "två")])

        one_wins(answers)
        assert story(exchange, receipt)[3:] == ["replied"]
        texts = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").json()["messages"]
        assert len(texts) == 3


def test_a_claim_and_a_release_at_the_same_moment_leave_one_state(exchange: Exchange) -> None:
    for _ in range(ROUNDS):
        receipt = exchange.open()
        act(exchange, "af-workbench", receipt, "claims", 1, handler="af-1")

        answers = together(
            partial(act, exchange, "af-workbench", receipt, "releases", 2, handler="af-1"),
            partial(act, exchange, "af-workbench", receipt, "claims", 2, handler="af-2"),
        )

        assert answers[0].status_code == 200
        assert answers[1].status_code in (409, 412)
        assert story(exchange, receipt)[2:] == ["released"]


def test_one_key_for_two_different_changes_at_once_carries_one_of_them_out(exchange: Exchange) -> None:
    receipts, key = [exchange.open(), exchange.open()], str(uuid.uuid4())

    answers = together(*[partial(act, exchange, "af-workbench", one, "claims", 1, key=key) for one in receipts])

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert sorted(len(story(exchange, one)) for one in receipts) == [1, 2]


def test_a_storm_of_the_same_opening_opens_once(exchange: Exchange) -> None:
    body, key = consultation_body(), str(uuid.uuid4())
    hand = partial(exchange.send, "umea", "POST", CONSULTATIONS, body, key=key)

    answers = together(*[hand] * 10)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["consultationId"] for answer in answers}) == 1
    found = sql(exchange, "SELECT count(*) AS n FROM consultation WHERE case_reference = $1", body["caseReference"])
    assert found[0]["n"] == 1


@pytest.mark.parametrize("tag", ["*", 'W/"1"', '"1", "2"', '"2", "1"', "1", '"01"', "'1'", '"1\\"'])
def test_a_condition_that_would_match_anything_does_not_pass_for_one(exchange: Exchange, tag: str) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1)
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/withdrawals"

    refused = exchange.send("umea", "POST", path, headers={"If-Match": tag})

    assert refused.status_code in (412, 428)
    assert story(exchange, receipt) == ["opened", "claimed"]


def test_a_clock_that_was_set_back_does_not_make_a_consultation_impossible_to_answer(exchange: Exchange) -> None:
    receipt = exchange.open()
    exchange.clock.move_to(exchange.clock() - timedelta(seconds=30))
    assert act(exchange, "af-workbench", receipt, "claims", 1).status_code == 200
    assert act(exchange, "af-workbench", receipt, "questions", 2, "vad?").status_code == 200
    exchange.clock.move_to(exchange.clock() - timedelta(seconds=30))
    assert act(exchange, "umea", receipt, "replies", 3, "det").status_code == 200

    answered = act(exchange, "af-workbench", receipt, "answers", 4, "svar")

    assert answered.status_code == 200
    lead = exchange.send("umea", "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").json()["leadTime"]
    assert lead == {"totalMinutes": 0, "answeringAuthorityMinutes": 0, "municipalityMinutes": 0}
