"""What belongs to another organisation: by its id, its key, its cursor, or with somebody else's hands."""

import asyncio
import base64
import json
import uuid
from typing import Any

import asyncpg
import httpx
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import AF, CONSULTATIONS, LOOKUPS, MALMO, UMEA, act, sql
from tests.exchange import NOBODY, Exchange, consultation_body, lookup_body

pytestmark = pytest.mark.attack
AUDIT = "/consultation/v1/audit-entries"


def told(answer: httpx.Response) -> dict[str, Any]:
    """What a refusal says, but for the id of the request."""
    return {**answer.json(), "instance": ""}


def test_an_idempotency_key_of_another_organisation_is_free_for_ones_own_use(exchange: Exchange) -> None:
    body, key = consultation_body(), str(uuid.uuid4())
    theirs = exchange.send("malmo", "POST", CONSULTATIONS, body, key=key)
    ours = exchange.send("umea", "POST", CONSULTATIONS, body, key=key)

    assert (theirs.status_code, ours.status_code) == (201, 201)
    assert theirs.json()["number"] != ours.json()["number"]
    assert "idempotent-replayed" not in ours.headers
    owners = sql(exchange, "SELECT org FROM consultation WHERE case_reference = $1", body["caseReference"])
    assert {row["org"] for row in owners} == {MALMO, UMEA}


def test_an_idempotency_key_of_another_client_of_the_same_organisation_is_not_shared(exchange: Exchange) -> None:
    receipt, key = exchange.open(), str(uuid.uuid4())
    assert act(exchange, "af-workbench", receipt, "claims", 1, key=key).status_code == 200

    # The dashboard belongs to the same authority, and may not claim: the kept answer must not reach it.
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/claims"
    refused = exchange.send("dashboard", "POST", path, version=1, key=key)

    assert refused.status_code in (401, 403)
    clients = {row["client_id"] for row in sql(exchange, "SELECT client_id FROM idempotency_record WHERE org = $1", AF)}
    assert "af-workbench" in clients
    assert "dashboard" not in clients


def test_a_kept_answer_is_not_told_to_another_person_of_the_same_client(exchange: Exchange) -> None:
    receipt, key = exchange.open(), str(uuid.uuid4())
    assert act(exchange, "af-workbench", receipt, "claims", 1, key=key, handler="af-1").status_code == 200

    other = act(exchange, "af-workbench", receipt, "claims", 1, key=key, handler="af-2")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_look_up_of_another_organisation_answers_like_one_that_does_not_exist(exchange: Exchange) -> None:
    theirs = exchange.look_up("complete", "malmo").json()
    first = exchange.send("umea", "GET", f"{LOOKUPS}/{NOBODY}")
    second = exchange.send("umea", "GET", f"{LOOKUPS}/{theirs['lookupId']}")
    assert (first.status_code, told(first)) == (404, told(second))
    trail = exchange.send("umea", "GET", f"{AUDIT}?objectId={theirs['lookupId']}").json()["entries"]
    assert [(entry["event"], entry["organisation"]) for entry in trail] == [("request.refused", UMEA)]
    bodies = [
        consultation_body(lookupId=lookup, caseReference=theirs["caseReference"])
        for lookup in (NOBODY, theirs["lookupId"])
    ]
    unknown, foreign_one = (exchange.send("umea", "POST", CONSULTATIONS, body) for body in bodies)
    assert told(unknown) == told(foreign_one)


@pytest.mark.parametrize("action", ["replies", "closures", "withdrawals", "claims", "releases", "questions", "answers"])
def test_every_change_of_anothers_consultation_answers_like_one_that_does_not_exist(
    exchange: Exchange, action: str
) -> None:
    theirs = exchange.open("malmo")
    name = "umea" if action in ("replies", "closures", "withdrawals") else "akassa"
    text = "x" if action in ("replies", "questions", "answers") else None
    for version in (1, 2, 99):
        foreign = act(exchange, name, theirs, action, version, text)
        unknown = act(exchange, name, {"consultationId": NOBODY}, action, version, text)
        assert foreign.status_code == unknown.status_code
        assert foreign.status_code in (403, 404)
        assert told(foreign) == told(unknown)
    assert sql(exchange, "SELECT version FROM consultation WHERE number = $1", theirs["number"])[0]["version"] == 1


def test_the_answering_authority_cannot_act_for_the_one_who_asked_nor_the_other_way(exchange: Exchange) -> None:
    receipt = exchange.open()
    for name, action, text in (
        ("af-workbench", "replies", "x"),
        ("af-workbench", "closures", None),
        ("af-workbench", "withdrawals", None),
        ("umea", "claims", None),
        ("umea", "answers", "x"),
        ("umea", "questions", "x"),
        ("umea", "releases", None),
    ):
        refused = act(exchange, name, receipt, action, 1, text)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


def test_a_cursor_of_another_organisation_leads_to_ones_own_rows(exchange: Exchange) -> None:
    for name in ("umea", "malmo"):
        for _ in range(3):
            exchange.open(name)
    theirs = exchange.send("malmo", "GET", f"{CONSULTATIONS}?limit=1").json()
    cursor = theirs["_links"]["next"]["href"].partition("cursor=")[2]

    page = exchange.send("umea", "GET", f"{CONSULTATIONS}?limit=100&cursor={cursor}").json()["consultations"]

    assert page
    numbers = [each["number"] for each in page]
    owners = sql(exchange, "SELECT DISTINCT org FROM consultation WHERE number = ANY($1)", numbers)
    assert [row["org"] for row in owners] == [UMEA]


def test_a_cursor_of_one_list_shows_no_more_in_another(exchange: Exchange) -> None:
    exchange.open("malmo")
    place = ["9999-01-01T00:00:00+00:00", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    for path in (CONSULTATIONS, AUDIT):
        shown = exchange.send("umea", "GET", f"{path}?limit=100&cursor={cursor}")
        assert shown.status_code == 200
        assert MALMO not in shown.text
        assert "Malmö" not in shown.text


def test_the_trail_of_others_is_not_shown_whoever_is_named(exchange: Exchange) -> None:
    theirs = exchange.open("malmo")
    exchange.send("malmo", "GET", f"{CONSULTATIONS}/{theirs['consultationId']}")

    shown = exchange.send("umea", "GET", f"{AUDIT}?limit=100&objectId={theirs['consultationId']}").json()["entries"]

    assert shown == []


def test_a_handlers_id_stays_on_its_own_side_in_every_answer(exchange: Exchange) -> None:
    receipt = exchange.open()
    act(exchange, "af-workbench", receipt, "claims", 1, handler="af-secret-7")
    act(exchange, "af-workbench", receipt, "releases", 2, handler="af-secret-7")
    act(exchange, "af-workbench", receipt, "claims", 3, handler="af-secret-7")
    base = f"{CONSULTATIONS}/{receipt['consultationId']}"
    exchange.send("af-workbench", "GET", base, handler="af-secret-7")

    answers = [
        exchange.send("umea", "GET", base),
        exchange.send("umea", "GET", base + "/events"),
        exchange.send("umea", "GET", CONSULTATIONS + "?limit=100"),
        exchange.send("umea", "GET", f"{AUDIT}?limit=100&objectId={receipt['consultationId']}"),
        act(exchange, "umea", receipt, "replies", 1, "stale"),
        act(exchange, "umea", receipt, "replies", 4, "nothing was asked"),
        act(exchange, "umea", receipt, "withdrawals", 1),
        act(exchange, "umea", receipt, "closures", 4),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 412, 409, 412, 409]
    assert all("af-secret-7" not in answer.text for answer in answers)
    assert "released" not in answers[1].text
    assert "released" not in answers[3].text
    mine = exchange.send("af-workbench", "GET", f"{AUDIT}?limit=100&objectId={receipt['consultationId']}")
    assert "af-secret-7" in mine.text
    assert "consultation.released" in mine.text


def as_umea(exchange: Exchange, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Statements as the runtime role with Umeå set: what an injection, or a mistake of ours, could run."""

    async def work() -> None:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database="consultation", user="consultation_runtime", host=host)
        try:
            await connection.execute("SELECT set_config('app.org', $1, false)", UMEA)
            for statement, values in statements:
                await connection.execute(statement, *values)
        finally:
            await connection.close()

    asyncio.run(work())


_FORGED_EVENT = """
    INSERT INTO consultation_event (org, consultation_id, sequence, id, answering_org, at, action, state, turn,
                                    actor_org, client_id, actor, audience, channel)
    VALUES ($1, $2, 3, gen_random_uuid(), $3, now(), 'answered', 'answered', 'nobody', $3, 'x', 'x', 'both', 'api')
"""
_FORGED_MESSAGE = """
    INSERT INTO consultation_message (org, consultation_id, sequence, answering_org, sealed)
    VALUES ($1, $2, 2, $3, 'forged')
"""


@pytest.mark.parametrize("forged", [_FORGED_EVENT, _FORGED_MESSAGE], ids=["event", "message"])
def test_whoever_calls_itself_the_answerer_of_anothers_consultation_cannot_write_in_it(
    exchange: Exchange, forged: str
) -> None:
    receipt = exchange.open("malmo")
    act(exchange, "af-workbench", receipt, "claims", 1)  # an event without a message
    theirs = uuid.UUID(receipt["consultationId"])

    with pytest.raises((asyncpg.ForeignKeyViolationError, asyncpg.InsufficientPrivilegeError)):
        as_umea(exchange, (forged, (MALMO, theirs, UMEA)))


def test_leaving_the_look_up_out_does_not_lead_past_protected_identity(exchange: Exchange) -> None:
    lookup = exchange.look_up("protected_by_af").json()
    assert lookup["protectedIdentity"]
    for changes in (
        {"lookupId": lookup["lookupId"], "caseReference": lookup["caseReference"], "person": None},
        {"person": PERSONS["protected_by_af"].number},
        {"person": PERSONS["protected_by_af"].number, "caseReference": "EB-OTHER"},
    ):
        refused = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(**changes))
        assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity")


def test_looking_up_with_anothers_key_asks_anew(exchange: Exchange) -> None:
    body, key = lookup_body("complete", exchange.clock(), sources=["AF"]), str(uuid.uuid4())
    theirs = exchange.send("malmo", "POST", LOOKUPS, body, key=key).json()
    ours = exchange.send("umea", "POST", LOOKUPS, body, key=key).json()

    assert theirs["lookupId"] != ours["lookupId"]
