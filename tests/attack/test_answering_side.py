"""What the answering side may do in others' names, and what it and the asking side are told beside the consultation."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.consultation.consultations.repository import Reader, read_timeline
from services.consultation.lookups.simulator.persons import PERSONS
from shared.database.embedded import SUPERUSER
from shared.database.engine import Database
from shared.tokens.client import authorization
from tests.attack.rows import Session, refusal_of, with_session
from tests.attack.support import AF as ANSWERER
from tests.attack.support import BASE, CONSULTATIONS, act, sql
from tests.attack.support import UMEA as ASKER
from tests.exchange import Exchange
from tests.service.test_protected_identity import marked, somebody, trail
from tests.service.workers import workers

pytestmark = pytest.mark.attack
AF, UMEA = "af-workbench", "umea"
REGISTRATIONS = f"{BASE}/registrations"


def registration(exchange: Exchange, **changes: Any) -> dict[str, Any]:
    """A call from Umeå, as somebody writes it down."""
    return {
        "askingOrganisation": "2120002627",
        "type": "consultation",
        "purpose": "financial_aid_application",
        "caseReference": "EB-2026-SVARSSIDA",
        "person": PERSONS["complete"].number,
        "question": "Är personen kvar i programmet?",
        "happenedAt": (exchange.clock() - timedelta(minutes=12)).isoformat(),
        "minutes": 6,
        **changes,
    }


def test_whoever_works_a_queue_but_does_not_answer_registers_nothing_in_anothers_name(exchange: Exchange) -> None:
    """Försäkringskassan answers here, and Arbetsförmedlingen is an authority like any other with the scope."""
    answering = {"SAMRAD_CONSULTATION_ANSWERING_ORGANISATION": "2021005521"}
    before = sql(exchange, "SELECT count(*) AS rows FROM consultation")[0]["rows"]
    with workers(("consultation",), exchange.clock, answering) as (address,):
        client = exchange.client(AF)
        token, public = client.token_for(REGISTRATIONS), exchange.base_url + REGISTRATIONS
        headers = authorization(client.identity, token, "POST", public, exchange.clock())
        refused = exchange.http.post(
            address + REGISTRATIONS, json=registration(exchange), headers={**headers, "Samrad-Handler": "hl-1"}
        )

    assert (refused.status_code, refused.json()["code"]) == (403, "not_answering"), refused.text
    assert sql(exchange, "SELECT count(*) AS rows FROM consultation")[0]["rows"] == before


# --- when and where somebody can be met ----------------------------------------------------------------------------


def test_of_a_person_with_protected_identity_no_meeting_is_told_without_the_scope(exchange: Exchange) -> None:
    person = somebody()
    receipt = exchange.open(UMEA, person=person)
    assert act(exchange, AF, receipt, "claims", 1).status_code == 200
    path = f"{CONSULTATIONS}/{receipt['consultationId']}"
    starts_at = (exchange.clock() + timedelta(days=2)).isoformat()
    meeting = {"kind": "physical", "startsAt": starts_at, "minutes": 30, "participants": ["municipality", "person"]}
    booked = exchange.send(AF, "POST", f"{path}/meetings", meeting, version=2).json()
    seen = {name: exchange.send(name, "GET", f"{path}/meetings").json() for name in (UMEA, AF)}
    assert all([each["meetingId"] for each in told["meetings"]] == [booked["meetingId"]] for told in seen.values())

    with marked(exchange, person):
        for name in (UMEA, AF):
            told = exchange.send(name, "GET", f"{path}/meetings").json()
            assert (told["withheld"], told["meetings"]) == (True, [])
            events = exchange.send(name, "GET", f"{path}/events").text
            assert not any(fact in events for fact in (booked["meetingId"], "physical"))
        with_scope = exchange.send("umea-protected", "GET", f"{path}/meetings").json()

    assert (with_scope["withheld"], len(with_scope["meetings"])) == (False, 1)
    entries = trail(exchange, UMEA, "consultation.meetings_read", receipt["consultationId"])
    assert sorted(entry["outcome"] for entry in entries) == ["permitted"] * 3 + ["refused"] * 2


def test_the_database_lets_nobody_settle_its_own_request_for_a_meeting_or_make_anothers(exchange: Exchange) -> None:
    path = taken(exchange)
    assert exchange.send(UMEA, "POST", f"{path}/meeting-requests", {"distanceKm": 84}, version=2).status_code == 200
    consultation = UUID(path.rsplit("/", 1)[1])
    settle = """
        UPDATE meeting_request
        SET outcome = 'refused', outcome_sequence = 3, outcome_at = now(), reason = 'no_free_time'
        WHERE consultation_id = :id RETURNING consultation_id
    """
    make = """
        INSERT INTO meeting_request (org, consultation_id, sequence, answering_org, requested_at)
        SELECT org, id, 2, answering_org, now() FROM consultation WHERE id = :id
    """

    def settled_as(organisation: str) -> int:
        async def update(session: Session) -> int:
            return len(await session.texts(organisation, settle, id=consultation))

        return with_session(exchange, "consultation", update)

    assert (settled_as(ASKER), settled_as(ANSWERER)) == (0, 1)
    granted = """
        INSERT INTO meeting_request (org, consultation_id, sequence, answering_org, requested_at, outcome,
                                     outcome_sequence, outcome_at, meeting_id)
        SELECT org, id, 2, answering_org, now(), 'granted', 2, now(), gen_random_uuid() FROM consultation WHERE id = :id
    """
    told_another = make.replace("answering_org, now()", "'0007:2120001355', now()")
    for organisation, statement in ((ANSWERER, make), (ASKER, granted), (ASKER, told_another)):
        refused = refusal_of(exchange, "consultation", organisation, statement, id=consultation)
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError)


# --- numbers where none belongs, and times that were not -----------------------------------------------------------


def taken(exchange: Exchange) -> str:
    """The path of a consultation that a handler has, in version 2."""
    receipt = exchange.open(UMEA)
    assert act(exchange, AF, receipt, "claims", 1).status_code == 200
    return f"{CONSULTATIONS}/{receipt['consultationId']}"


def test_what_is_kept_in_the_clear_takes_no_identity_number(exchange: Exchange) -> None:
    person, path = PERSONS["complete"].number, taken(exchange)
    written = f"{person[:8]}-{person[8:]}"
    attempt = {"outcome": "reached", "minutes": 1}
    answers = [
        exchange.send(AF, "POST", REGISTRATIONS, registration(exchange, askedBy=person)),
        exchange.send(AF, "POST", REGISTRATIONS, registration(exchange, askedBy=written)),
        exchange.send(AF, "POST", f"{path}/call-backs", {"switchboard": person, **attempt}, version=2),
        exchange.send(AF, "POST", f"{path}/call-backs", {"switchboard": written, **attempt}, version=2),
        exchange.send(AF, "POST", f"{BASE}/queue/views", {"name": f"Om {written}", "filters": {}}),
        exchange.send(
            "af-lead", "POST", f"{BASE}/interventions", {"name": f"Om {person[:8]} {person[8:]}", "day": "2026-11-01"}
        ),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(422, "malformed_request")] * len(answers)
    assert not any(number in each.text for each in answers for number in (person, written))


def test_nothing_is_registered_as_done_before_what_it_answers(exchange: Exchange) -> None:
    """Lead time would be whatever the one who is measured says."""
    path = taken(exchange)
    assert exchange.send(AF, "POST", f"{path}/letters", version=2).status_code == 200
    before = (exchange.clock() - timedelta(days=20)).isoformat()

    refused = exchange.send(AF, "POST", f"{path}/dispatches", {"text": "x", "happenedAt": before}, version=3)

    assert (refused.status_code, refused.json()["code"]) == (422, "time_not_permitted"), refused.text
    assert exchange.send(AF, "GET", path).json()["state"] == "sent_by_post"


def test_an_intervention_at_an_end_of_the_calendar_does_not_take_the_others_with_it(exchange: Exchange) -> None:
    interventions = f"{BASE}/interventions"
    for day, status in (("0001-01-01", 422), ("9999-12-31", 422), ("1970-01-01", 201), ("2099-12-31", 201)):
        assert exchange.send("af-lead", "POST", interventions, {"name": "x", "day": day}).status_code == status

    for days in (7, 365):
        assert exchange.send("af-lead", "GET", f"{interventions}?days={days}").status_code == 200


def test_what_the_answering_side_alone_sees_is_kept_from_the_asker_by_the_statement_too(exchange: Exchange) -> None:
    """As a role that no policy holds: what is left is the statement's own condition."""
    receipt = exchange.open(UMEA)
    assert act(exchange, AF, receipt, "triages", 1).status_code == 200

    async def read() -> dict[str, list[str] | None]:
        database = Database(exchange.postgres.url("consultation", SUPERUSER), pool_size=1)
        seen = {}
        for name, org in (("asking", ASKER), ("answering", ANSWERER), ("neither", "0007:2021005521")):
            found = await read_timeline(database.single, Reader(org), UUID(receipt["consultationId"]))
            seen[name] = found and [event.action for event in found[1]]
        await database.close()
        return seen

    assert asyncio.run(read()) == {"asking": ["opened"], "answering": ["opened", "triaged"], "neither": None}
