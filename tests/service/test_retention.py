"""Erasing what is due: a consultation goes whole with all that belongs to it, and nothing else goes."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.leadtimes.folding import LOCK as FOLDING
from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.lookups.simulator.persons import number
from services.consultation.retention.classes import AUDIT_TRAIL, CONSULTATION
from services.consultation.retention.periods import CalendarYears
from services.consultation.retention.repository import ERASE_CONSULTATIONS
from services.consultation.retention.rules import Rules, read_rules
from services.consultation.retention.run import Erasing, Ran
from services.consultation.tables import WORKER_ROLE
from shared.audit import OPERATOR
from shared.database.engine import Database
from tests.attack.support import AF, BASE, CONSULTATIONS, UMEA, sql
from tests.exchange import NOBODY, Exchange, lookup_body
from tests.folding import as_role, fold_all
from tests.service.given_consultations import HANDLER, held
from tests.service.given_files import eraser_of, given_file, kept_at

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
RULES = read_rules()


def boundary(rules: Rules = RULES) -> datetime:
    """What ended before this midnight is due today."""
    period = rules.period_of(CONSULTATION)
    assert isinstance(period, CalendarYears)
    return period.before(datetime.now(UTC)).astimezone(UTC)


def erase(exchange: Exchange, rules: Rules = RULES, *, batch: int = 100, stop_after: int | None = None) -> Ran:
    """One run of the job, by the real clock, when all that has happened is in the figures."""
    fold_all(exchange)
    asked = iter(range(1_000_000))

    async def run() -> Ran:
        database = Database(exchange.postgres.url("consultation", WORKER_ROLE), pool_size=1)
        try:
            erasing = Erasing(rules, eraser_of(exchange), batch)
            stopping: Callable[[], bool] = lambda: stop_after is not None and next(asked) >= stop_after  # noqa: E731
            return await erasing.run(database.without_tenant, lambda: datetime.now(UTC), stopping)
        finally:
            await database.close()

    return asyncio.run(run())


def send(exchange: Exchange, name: str, receipt: dict[str, Any], action: str, version: int | None, body: Any) -> Any:
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/{action}"
    answer = exchange.send(name, "POST", path, body, version=version)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def ended_at(exchange: Exchange, moment: datetime, name: str = "umea", **changes: Any) -> dict[str, Any]:
    """One that was withdrawn at the moment."""
    exchange.clock.stand_at(moment - HOUR)
    receipt = exchange.open(name, **changes)
    exchange.clock.stand_at(moment)
    send(exchange, name, receipt, "withdrawals", 1, None)
    exchange.clock.back_to_now()
    return receipt


def status(exchange: Exchange, receipt: dict[str, Any], name: str = "umea") -> int:
    return exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}").status_code


def row(exchange: Exchange, receipt: dict[str, Any]) -> list[Any]:
    return sql(exchange, "SELECT 1 FROM consultation WHERE id = $1", uuid.UUID(receipt["consultationId"]))


@pytest.fixture(scope="module", autouse=True)
def nothing_older(running: Exchange) -> None:
    """What other tests have left behind is erased first."""
    erase(running)


# --- whole, or not at all -----------------------------------------------------------------------------------------


_FAQ_PROPOSAL = """
    INSERT INTO faq_proposal (org, id, consultation_org, consultation_id, edition, written_by, proposed_at, sealed)
    SELECT answering_org, gen_random_uuid(), org, id, 1, '{hl-1}', now(), '' FROM consultation WHERE id = $1
"""


def with_everything(exchange: Exchange, person: str, neighbour: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """A consultation with everything that can belong to one, closed at the moment."""
    exchange.clock.stand_at(moment - 40 * DAY)
    details = {"type": "information_request", "informationSets": ["programme", "action_plan"]}
    receipt = exchange.open(
        "umea",
        type="information_request",
        details=details,
        person=person,
        question="MARK-fråga",
        caseReference="MARK-1",
    )
    send(exchange, HANDLER, receipt, "claims", 1, None)
    send(exchange, HANDLER, receipt, "questions", 2, {"text": "MARK-motfråga"})
    send(exchange, "umea", receipt, "replies", 3, {"text": "MARK-svar på motfråga"})
    call = {"switchboard": "090-16 10 00", "outcome": "reached", "minutes": 3}
    send(exchange, HANDLER, receipt, "call-backs", 4, call)
    meeting = {
        "kind": "remote",
        "startsAt": (exchange.clock() + 3 * DAY).isoformat(),
        "minutes": 30,
        "participants": ["municipality", "answering_authority"],
    }
    send(exchange, "umea", receipt, "meeting-requests", 5, {"distanceKm": 84})
    booked = send(exchange, HANDLER, receipt, "meetings", 6, meeting)
    exchange.clock.stand_at(moment - 30 * DAY)
    send(exchange, HANDLER, receipt, f"meetings/{booked['meetingId']}/outcomes", 7, {"outcome": "held"})
    decided: list[dict[str, Any]] = [
        {"informationSet": "programme", "decision": "disclose", "content": "MARK-uppgift"},
        {
            "informationSet": "action_plan",
            "decision": "refuse",
            "reason": "secrecy",
            "explanation": "MARK-skäl",
        },
    ]
    for name in ("umea", HANDLER):
        send(exchange, name, receipt, "notes", None, {"text": "MARK-anteckning"})
    decided[0]["attachments"] = [given_file(exchange, HANDLER, receipt, file_name="MARK-bilaga.pdf")]
    answer = {"text": "MARK-svar", "disclosures": decided}
    send(exchange, HANDLER, receipt, "answer-proposals", 8, answer)
    approved = exchange.send(
        "af-lead", "POST", f"{CONSULTATIONS}/{receipt['consultationId']}/answer-approvals", version=9, handler="hl-2"
    )
    assert approved.status_code == 200, approved.text
    # As if it had been an interpretation of a decision.
    sql(exchange, _FAQ_PROPOSAL, uuid.UUID(receipt["consultationId"]))
    exchange.clock.stand_at(moment)
    send(exchange, "umea", receipt, "closures", 11, None)
    send(exchange, "umea", receipt, "pulses", None, {"rating": 2, "text": "MARK-omdöme"})
    send(exchange, "umea", receipt, "links", None, {"to": neighbour["consultationId"], "kind": "related"})
    hold = held(exchange, "umea", receipt)
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/retention-holds/{hold}/removals"
    assert exchange.send("umea", "POST", path).status_code == 200
    exchange.clock.back_to_now()
    return receipt


def traces(exchange: Exchange, marks: list[str]) -> dict[str, int]:
    """In how many rows of which tables any of the marks can be read, by one who may read everything."""
    tables = sql(
        exchange,
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND n.nspname IN (current_schema(), 'jobs')",
    )
    patterns = [f"%{mark}%" for mark in marks]
    counted = " UNION ALL ".join(
        f"SELECT '{each['name']}' AS name, count(*) AS number FROM {each['name']} t WHERE t::text LIKE ANY($1::text[])"
        for each in tables
    )
    return {each["name"]: each["number"] for each in sql(exchange, counted, patterns) if each["number"]}


def attachment_of(exchange: Exchange, consultation: uuid.UUID) -> str:
    (kept,) = sql(exchange, "SELECT id FROM attachment WHERE consultation_id = $1", consultation)
    return str(kept["id"])


def figures(exchange: Exchange, moment: datetime) -> list[Any]:
    """What dashboards tell of the months around the moment."""
    fold_all(exchange)
    first, last = (moment - 70 * DAY).date(), moment.date()
    month = f"from={first:%Y-%m}&to={last:%Y-%m}"
    days = f"from={first}&to={last}"
    paths = [
        *(f"{BASE}/{name}?{days}" for name in ("throughput", "delay-reasons", "manual-work", "physical-meetings")),
        *(f"{BASE}/lead-times?{days}&groupBy={cut}" for cut in ("none", "type", "municipality")),
        *(f"{BASE}/pulse-results?{month}&groupBy={cut}" for cut in ("month", "unit", "municipality")),
        f"{BASE}/demand?{days}",
    ]
    answers = [exchange.send(HANDLER, "GET", path, handler=None) for path in paths]
    assert {answer.status_code for answer in answers} == {200}, [a.text for a in answers if a.is_error]
    return [answer.json() for answer in answers]


def test_a_consultation_goes_with_everything_that_belongs_to_it_and_leaves_nothing_but_figures(
    exchange: Exchange,
) -> None:
    moment = boundary() - SECOND
    person = number("18930101", "982")
    neighbour = ended_at(exchange, moment + SECOND)
    receipt = with_everything(exchange, person, neighbour, moment)
    consultation = uuid.UUID(receipt["consultationId"])
    events = sql(exchange, "SELECT id FROM consultation_event WHERE consultation_id = $1", consultation)
    [about] = sql(exchange, "SELECT encode(person_mark, 'hex') AS mark FROM consultation WHERE id = $1", consultation)
    marks = [str(consultation), receipt["number"], "MARK-", about["mark"], *(str(each["id"]) for each in events)]
    sql(exchange, "DELETE FROM asked_person")
    sql(exchange, "DELETE FROM idempotency_record")
    before = figures(exchange, moment)
    beside = traces(exchange, [neighbour["consultationId"], neighbour["number"]])
    # An answer that waits for a second handler is gone when it is told.
    nowhere = {"audit_queue", "audit_chain", "answer_proposal"}
    left = {*CONSULTATION.tables, "lead_time_fact", *AUDIT_TRAIL.tables} - nowhere
    assert left - traces(exchange, marks).keys() <= {"audit_checkpoint"}, "it has left traces wherever it can"

    file = kept_at(exchange, attachment_of(exchange, consultation))
    assert file.exists()

    ran = erase(exchange)

    assert (ran.erased["consultation"], ran.files, file.exists()) == (1, 1, False)
    assert traces(exchange, marks).keys() <= {"audit_entry"}, "the trail has a time of its own"
    assert figures(exchange, moment) == before
    asyncio.run(rebuild(exchange.postgres.url("consultation", WORKER_ROLE), exchange.clock()))
    assert figures(exchange, moment) == before, "what is rebuilt counts it neither twice nor not at all"
    assert status(exchange, neighbour) == 200
    after = traces(exchange, [neighbour["consultationId"], neighbour["number"]])
    assert {**beside, "consultation_link": 0, "audit_entry": 0} == {**after, "consultation_link": 0, "audit_entry": 0}


def test_answers_about_what_is_erased_are_those_about_what_never_was(exchange: Exchange) -> None:
    receipt = ended_at(exchange, boundary() - SECOND)
    erase(exchange)

    for name, handler in (("umea", "hl-1"), (HANDLER, "hl-1"), ("malmo", "hl-1")):
        for suffix in ("", "/events", "/clock", "/links"):
            erased, unknown = (
                exchange.send(name, "GET", f"{CONSULTATIONS}/{each}{suffix}", handler=handler)
                for each in (receipt["consultationId"], NOBODY)
            )
            told = [{**answer.json(), "instance": ""} for answer in (erased, unknown)]
            assert (erased.status_code, told[0]) == (404, told[1]), (name, suffix)
    closing = f"{CONSULTATIONS}/{receipt['consultationId']}/retention-holds"
    assert exchange.send("umea", "POST", closing, {"reason": "appeal"}).status_code == 404


def test_what_is_open_a_day_short_or_of_this_year_stays_whoever_it_belongs_to(exchange: Exchange) -> None:
    """Even when the rules say no years at all, the database lets nothing of this year go."""
    edge = boundary()
    gone = [ended_at(exchange, edge - SECOND, name) for name in ("umea", "malmo")]
    exchange.clock.stand_at(edge - 30 * DAY)
    still_open = exchange.open()
    exchange.clock.back_to_now()
    short = [ended_at(exchange, moment) for moment in (edge, edge + DAY)]
    recent = ended_at(exchange, datetime.now(UTC) - SECOND)

    assert erase(exchange).erased["consultation"] == 2

    assert [row(exchange, each) for each in gone] == [[], []]
    assert [status(exchange, each) for each in (still_open, *short, recent)] == [200] * 4
    no_years = shortened(0)
    assert erase(exchange, no_years).erased["consultation"] >= 2
    assert [status(exchange, each) for each in (still_open, recent)] == [200, 200]
    assert [row(exchange, each) for each in short] == [[], []]


def shortened(years: int) -> Rules:
    """The rules with another period for everything that the job erases."""
    made = {
        code: replace(rule, period=CalendarYears(years)) if rule.data.years else rule
        for code, rule in RULES.by_class.items()
    }
    return Rules(RULES.edition, made)


def test_a_clock_that_runs_ahead_erases_nothing_before_its_time(exchange: Exchange) -> None:
    receipt = ended_at(exchange, boundary() + DAY)
    fold_all(exchange)
    exchange.clock.move_to(datetime.now(UTC) + 4000 * DAY)

    async def run() -> Ran:
        database = Database(exchange.postgres.url("consultation", WORKER_ROLE), pool_size=1)
        try:
            return await Erasing(RULES, eraser_of(exchange)).run(database.without_tenant, exchange.clock)
        finally:
            await database.close()

    assert asyncio.run(run()).erased["consultation"] == 0
    exchange.clock.back_to_now()
    assert status(exchange, receipt) == 200


def test_rounds_are_one_handling_and_go_together_when_the_last_is_due(exchange: Exchange) -> None:
    edge = boundary()
    exchange.clock.stand_at(edge - 2 * DAY)
    first = exchange.open()
    send(exchange, HANDLER, first, "claims", 1, None)
    send(exchange, HANDLER, first, "answers", 2, {"text": "Se nedan."})
    second = send(exchange, "umea", first, "rounds", 3, {"question": "Och sedan?"})
    exchange.clock.stand_at(edge + DAY)
    send(exchange, "umea", second, "withdrawals", 1, None)
    exchange.clock.back_to_now()

    erase(exchange)
    assert [status(exchange, each) for each in (first, second)] == [200, 200]

    sql(exchange, "UPDATE consultation SET closed_at = $1 WHERE id = $2", edge - SECOND, _id(second))
    assert erase(exchange).erased["consultation"] == 2
    assert row(exchange, first) == row(exchange, second) == []


def test_a_hold_on_one_round_that_comes_after_they_were_found_keeps_all_of_them(exchange: Exchange) -> None:
    """Between finding and erasing: the statement that erases asks again, of all the rounds."""
    exchange.clock.stand_at(boundary() - 2 * DAY)
    first = exchange.open()
    send(exchange, HANDLER, first, "claims", 1, None)
    send(exchange, HANDLER, first, "answers", 2, {"text": "Se nedan."})
    second = send(exchange, "umea", first, "rounds", 3, {"question": "Och sedan?"})
    send(exchange, "umea", second, "withdrawals", 1, None)
    exchange.clock.back_to_now()
    fold_all(exchange)
    hold = held(exchange, "umea", first)
    values = {"orgs": [UMEA] * 2, "ids": [_id(first), _id(second)], "lasts": [_id(second)] * 2}

    async def erased(connection: AsyncConnection) -> int:
        day = datetime.now(UTC).date()
        return int((await connection.execute(ERASE_CONSULTATIONS, {**values, "day": day})).one().number)

    assert as_role(exchange, WORKER_ROLE, erased) == 0
    assert [status(exchange, each) for each in (first, second)] == [200, 200]

    path = f"{CONSULTATIONS}/{first['consultationId']}/retention-holds/{hold}/removals"
    assert exchange.send("umea", "POST", path).status_code == 200
    assert as_role(exchange, WORKER_ROLE, erased) == 2


def test_what_is_not_in_the_figures_yet_stays_until_it_is(exchange: Exchange) -> None:
    receipt = ended_at(exchange, boundary() - SECOND)
    fold_all(exchange)
    values = {"orgs": [UMEA], "ids": [_id(receipt)], "lasts": [_id(receipt)], "day": datetime.now(UTC).date()}

    async def erased(connection: AsyncConnection) -> int:
        # The product folds every other second, and not while this holds its lock.
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({FOLDING})"))
        pending = text("INSERT INTO lead_time_pending (org, consultation_id) VALUES (:org, :id)")
        await connection.execute(pending, {"org": UMEA, "id": _id(receipt)})
        await connection.execute(text(f"SET LOCAL ROLE {WORKER_ROLE}"))
        return int((await connection.execute(ERASE_CONSULTATIONS, values)).one().number)

    assert as_role(exchange, "postgres", erased) == 0
    assert erase(exchange).erased["consultation"] == 1


def _id(receipt: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(receipt["consultationId"])


# --- holds --------------------------------------------------------------------------------------------------------


def test_what_is_held_stays_until_the_hold_is_lifted(exchange: Exchange) -> None:
    receipt = ended_at(exchange, boundary() - SECOND)
    beside = ended_at(exchange, boundary() - SECOND)
    hold = held(exchange, "umea", receipt, "supervision")

    assert erase(exchange).erased["consultation"] == 1
    assert (status(exchange, receipt), row(exchange, beside)) == (200, [])

    path = f"{CONSULTATIONS}/{receipt['consultationId']}/retention-holds"
    lifted = exchange.send("umea", "POST", f"{path}/{hold}/removals", handler="arkiv-2")
    assert (lifted.status_code, lifted.json()["liftedBy"]) == (200, "arkiv-2")
    assert erase(exchange).erased["consultation"] == 1
    assert row(exchange, receipt) == []


def test_a_hold_is_seen_and_lifted_by_the_side_that_placed_it_alone(exchange: Exchange) -> None:
    receipt = exchange.open()
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/retention-holds"
    hold = held(exchange, "umea", receipt)

    assert exchange.send("af-manager", "GET", path).json()["holds"] == []
    assert exchange.send("af-manager", "POST", f"{path}/{hold}/removals").status_code == 404
    assert exchange.send("malmo", "GET", path).status_code == 404
    assert exchange.send("malmo", "POST", path, {"reason": "appeal"}).status_code == 404
    own = held(exchange, "af-manager", receipt)
    [told] = exchange.send("umea", "GET", path).json()["holds"]
    assert (told["holdId"], told["reason"], told["placedBy"], told["liftedAt"]) == (hold, "appeal", "arkiv-1", None)
    assert own != hold


def test_placing_and_lifting_again_changes_nothing_and_both_are_in_the_trail(exchange: Exchange) -> None:
    receipt = exchange.open()
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/retention-holds"
    first, second = (exchange.send("umea", "POST", path, {"reason": "dispute"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.headers["Location"].endswith(path)
    assert "Location" not in second.headers
    removal = f"{path}/{first.json()['holdId']}/removals"
    lifted, again = (exchange.send("umea", "POST", removal) for _ in range(2))
    assert lifted.json() == again.json()

    told = exchange.send("umea", "GET", f"{BASE}/audit-entries?objectId={receipt['consultationId']}").json()
    events = [(each["event"], each["detail"].get("reason")) for each in told["entries"]]
    assert [each for each in events if each[0].startswith("retention.")] == [
        ("retention.hold_lifted", "dispute"),
        ("retention.held", "dispute"),
    ]


@pytest.mark.parametrize("body", [{}, {"reason": "because"}, {"reason": "appeal", "until": "2030-01-01"}, []])
def test_a_hold_without_a_reason_on_the_list_is_refused_and_nothing_is_held(exchange: Exchange, body: Any) -> None:
    receipt = exchange.open()
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/retention-holds"

    assert exchange.send("umea", "POST", path, body).status_code == 422

    assert exchange.send("umea", "GET", path).json()["holds"] == []


# --- broken off ---------------------------------------------------------------------------------------------------

_WHOLE = """
    SELECT (SELECT count(*) FROM consultation WHERE id = $1)
        || '/' || (SELECT count(*) > 0 FROM consultation_event WHERE consultation_id = $1)
        || '/' || (SELECT count(*) > 0 FROM consultation_message WHERE consultation_id = $1)
        || '/' || (SELECT count(*) > 0 FROM outbox WHERE consultation_id = $1) AS state
"""


def states(exchange: Exchange, receipts: list[dict[str, Any]]) -> list[str]:
    return [sql(exchange, _WHOLE, _id(each))[0]["state"] for each in receipts]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_one_that_can_not_be_erased_stays_whole_keeps_no_other_and_is_tried_again(
    exchange: Exchange, batch: int
) -> None:
    """The second of three can't be removed, whether in a batch with others or alone: the run fails when it is done."""
    receipts = [ended_at(exchange, boundary() - 10 * SECOND + place * SECOND) for place in range(3)]
    sql(
        exchange,
        f"""
        CREATE FUNCTION get_in_the_way() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF OLD.id = '{receipts[1]["consultationId"]}' THEN RAISE EXCEPTION 'in the way'; END IF;
            RETURN OLD;
        END $$
        """,
    )
    # Late, when everything else of it has been removed.
    sql(
        exchange,
        "CREATE CONSTRAINT TRIGGER in_the_way AFTER DELETE ON consultation DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION get_in_the_way()",
    )
    try:
        with pytest.raises(DBAPIError):
            erase(exchange, batch=batch)
        assert states(exchange, receipts) == [_GONE, _THERE, _GONE]
    finally:
        sql(exchange, "DROP FUNCTION get_in_the_way() CASCADE")

    assert erase(exchange).erased["consultation"] == 1
    assert states(exchange, receipts) == [_GONE] * 3


_GONE, _THERE = "0/false/false/false", "1/true/true/true"


def test_a_run_that_is_stopped_goes_on_where_the_next_begins(exchange: Exchange) -> None:
    receipts = [ended_at(exchange, boundary() - 10 * SECOND + place * SECOND) for place in range(2)]

    stopped = erase(exchange, batch=1, stop_after=1)

    assert (stopped.finished, stopped.erased["consultation"]) == (False, 1)
    assert states(exchange, receipts) == [_GONE, _THERE]
    assert erase(exchange).erased["consultation"] == 1


def test_what_somebody_is_changing_is_left_for_the_next_run(exchange: Exchange) -> None:
    receipts = [ended_at(exchange, boundary() - SECOND) for _ in range(2)]
    fold_all(exchange)

    async def beside() -> Ran:
        holder = Database(exchange.postgres.url("consultation", "postgres"), pool_size=1)
        database = Database(exchange.postgres.url("consultation", WORKER_ROLE), pool_size=1)
        try:
            async with holder.without_tenant() as connection:
                held_row = text("SELECT 1 FROM consultation WHERE id = :id FOR UPDATE")
                await connection.execute(held_row, {"id": _id(receipts[0])})
                return await Erasing(RULES, eraser_of(exchange)).run(database.without_tenant, lambda: datetime.now(UTC))
        finally:
            await database.close()
            await holder.close()

    assert asyncio.run(beside()).erased["consultation"] == 1
    assert states(exchange, receipts) == [_THERE, _GONE]
    assert erase(exchange).erased["consultation"] == 1


def test_what_is_written_beside_a_consultation_while_it_is_erased_is_about_what_never_was(exchange: Exchange) -> None:
    exchange.clock.stand_at(boundary() - DAY)
    receipt, other = exchange.open(), exchange.open()
    send(exchange, HANDLER, receipt, "claims", 1, None)
    send(exchange, HANDLER, receipt, "answers", 2, {"text": "Se nedan."})
    exchange.clock.stand_at(boundary() - SECOND)
    send(exchange, "umea", receipt, "closures", 3, None)
    exchange.clock.back_to_now()
    fold_all(exchange)
    beside: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
        (receipt, "pulses", {"rating": 4}),
        (receipt, "notes", {"text": "Ring igen."}),
        (receipt, "links", {"to": other["consultationId"], "kind": "related"}),
        (other, "links", {"to": receipt["consultationId"], "kind": "related"}),
    ]

    def until_they_wait() -> None:
        while sql(exchange, _WAITERS)[0]["number"] < len(beside):
            time.sleep(0.01)

    async def erased() -> list[Any]:
        database = Database(exchange.postgres.url("consultation", WORKER_ROLE), pool_size=1)
        writing: list[asyncio.Future[Any]] = []

        @asynccontextmanager
        async def begin() -> AsyncIterator[AsyncConnection]:
            async with database.without_tenant() as connection:
                yield connection
                gone = not await connection.scalar(text("SELECT 1 FROM consultation WHERE id = :id"), of_receipt)
                if gone and not writing:
                    # Erased, and nobody sees it yet.
                    for to, what, body in beside:
                        path = f"{CONSULTATIONS}/{to['consultationId']}/{what}"
                        writing.append(
                            asyncio.ensure_future(asyncio.to_thread(exchange.send, "umea", "POST", path, body))
                        )
                    await asyncio.to_thread(until_they_wait)

        of_receipt = {"id": _id(receipt)}
        try:
            await Erasing(RULES, eraser_of(exchange)).run(begin, lambda: datetime.now(UTC))
            return await asyncio.gather(*writing)
        finally:
            await database.close()

    *direct, from_other = asyncio.run(erased())

    assert [(each.status_code, each.json()["code"]) for each in direct] == [(404, "not_found")] * 3
    assert (from_other.status_code, from_other.json()["errors"]) == (422, [{"field": "to", "reason": "unknown"}])


_WAITERS = "SELECT count(*) AS number FROM pg_stat_activity WHERE pg_backend_pid() <> pid AND wait_event_type = 'Lock'"


# --- look-ups, households and marks -------------------------------------------------------------------------------


def test_a_look_up_is_kept_as_long_as_the_consultation_that_rests_on_it(exchange: Exchange) -> None:
    rules = shortened(1)
    edge = boundary(rules)
    exchange.clock.stand_at(edge - 2 * DAY)
    alone, used = (exchange.look_up("complete", sources=["AF"]).json() for _ in range(2))
    failed = exchange.look_up("fk_failed", sources=["FK"]).json()
    exchange.send("umea", "POST", f"{BASE}/lookups/{failed['lookupId']}/completions")
    body = lookup_body("complete", exchange.clock(), sources=["AF"])
    person = body.pop("person")
    household = exchange.send(
        "umea", "POST", f"{BASE}/household-lookups", {**body, "persons": [{"person": person, "role": "applicant"}]}
    ).json()
    receipt = exchange.open(lookupId=used["lookupId"], caseReference=used["caseReference"], person=None)
    exchange.clock.stand_at(edge + DAY)
    send(exchange, "umea", receipt, "withdrawals", 1, None)
    exchange.clock.back_to_now()

    ran = erase(exchange, rules)

    assert (ran.erased["lookup"], ran.erased["household"]) == (3, 1)
    for lookup, expected in ((alone, 404), (failed, 404), (used, 200)):
        assert exchange.send("umea", "GET", f"{BASE}/lookups/{lookup['lookupId']}").status_code == expected
    address = f"{BASE}/household-lookups/{household['householdLookupId']}"
    assert exchange.send("umea", "GET", address).status_code == 404
    sql(exchange, "UPDATE consultation SET closed_at = $1 WHERE id = $2", edge - SECOND, _id(receipt))
    assert erase(exchange, rules).erased == {"consultation": 1, "household": 0, "lookup": 1, "protected_mark": 0}


def test_a_mark_of_protected_identity_goes_some_years_after_it_ended_and_never_while_it_is_in_force(
    exchange: Exchange,
) -> None:
    edge = boundary()
    ended_mark, in_force = ({"person": number("18930102", serial)} for serial in ("980", "981"))
    exchange.clock.stand_at(edge - SECOND)
    for body in (ended_mark, in_force):
        assert exchange.send("umea", "POST", f"{BASE}/protected-persons", body).status_code == 201
    assert exchange.send("umea", "POST", f"{BASE}/protected-persons/removals", ended_mark).status_code == 200
    exchange.clock.back_to_now()

    assert erase(exchange).erased["protected_mark"] == 1

    receipt = exchange.send("umea", "POST", f"{BASE}/protected-persons", in_force)
    assert receipt.status_code == 200, "it was marked already"


def test_a_mark_that_can_not_be_erased_keeps_no_other_either(exchange: Exchange) -> None:
    marks = [{"person": number("18930102", serial)} for serial in ("982", "983")]
    for place, body in enumerate(marks):
        exchange.clock.stand_at(boundary() - 2 * SECOND + place * SECOND)
        assert exchange.send("umea", "POST", f"{BASE}/protected-persons", body).status_code == 201
        assert exchange.send("umea", "POST", f"{BASE}/protected-persons/removals", body).status_code in (200, 204)
    exchange.clock.back_to_now()
    ended = "SELECT id FROM protected_person WHERE ended_at < $1 ORDER BY ended_at"
    first, second = sql(exchange, ended, boundary())
    sql(
        exchange,
        f"""
        CREATE FUNCTION get_in_the_way() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF OLD.id = '{first["id"]}' THEN RAISE EXCEPTION 'in the way'; END IF;
            RETURN OLD;
        END $$
        """,
    )
    sql(
        exchange,
        "CREATE TRIGGER in_the_way BEFORE DELETE ON protected_person FOR EACH ROW EXECUTE FUNCTION get_in_the_way()",
    )
    try:
        with pytest.raises(DBAPIError):
            erase(exchange)
        assert [each["id"] for each in sql(exchange, ended, boundary())] == [first["id"]]
    finally:
        sql(exchange, "DROP FUNCTION get_in_the_way() CASCADE")

    assert second["id"] != first["id"]
    assert erase(exchange).erased["protected_mark"] == 1


# --- the trail, and others' rows ----------------------------------------------------------------------------------


@pytest.mark.requirement(107)
def test_each_batch_leaves_an_entry_that_tells_how_many_by_which_rules_and_of_nobody(exchange: Exchange) -> None:
    receipts = [ended_at(exchange, boundary() - SECOND, name) for name in ("umea", "malmo")]
    fold_all(exchange)
    begun = datetime.now(UTC)
    erase(exchange)

    [entry] = sql(
        exchange,
        "SELECT entry::json AS entry, org, subject, object_id FROM audit_entry "
        "WHERE event = 'retention.erased' AND at >= $1",
        begun,
    )
    told = json.loads(entry["entry"])
    assert (entry["org"], entry["subject"], entry["object_id"]) == ("operator", None, None)
    detail = told["detail"]
    assert (detail["class"], detail["number"], detail["figuresLoosened"]) == ("consultation", 2, 2)
    assert detail["edition"] == str(RULES.edition)
    assert datetime.fromisoformat(detail["before"]) == boundary()
    assert detail["rows"] > 2
    assert all(each["consultationId"] not in entry["entry"] for each in receipts)


def test_the_worker_itself_can_remove_nothing_that_is_open_held_or_of_this_year(exchange: Exchange) -> None:
    """Whatever the code may come to do: the database has the last word."""
    erase(exchange, shortened(0))
    exchange.open()
    exchange.look_up("complete", sources=["AF"])
    kept = ended_at(exchange, boundary() - SECOND)
    hold = held(exchange, "umea", kept)
    removable = (
        *("consultation_message", "timer", "outbox", "retention_hold", "consultation_event", "consultation", "lookup"),
        "protected_person",
    )
    counted = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in removable)
    before = sql(exchange, counted)

    # By itself, and as timers and scans do: as one of the sides.
    for organisation in (OPERATOR, "", UMEA, AF):
        for table in removable:
            acting = f"SET app.org = '{organisation}'"
            sql(exchange, f"DELETE FROM {table}", role=WORKER_ROLE, first=acting)

    assert sql(exchange, counted) == before
    path = f"{CONSULTATIONS}/{kept['consultationId']}/retention-holds/{hold}/removals"
    assert exchange.send("umea", "POST", path).status_code == 200
    assert erase(exchange).erased["consultation"] == 1


# --- files --------------------------------------------------------------------------------------------------------


def test_a_file_is_erased_after_its_record_and_tried_again_until_it_is(exchange: Exchange, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "two")]
    for file in files:
        file.write_text("x", "utf-8")
    # A directory in the place of a file can't be unlinked.
    files[0].unlink()
    files[0].mkdir()
    note = "INSERT INTO file_to_erase (key, noted_at) VALUES ($1, now() - interval '1 minute')"
    for file in files:
        sql(exchange, note, file.name)

    async def unlink(key: str) -> None:
        (tmp_path / key).unlink(missing_ok=True)

    async def run() -> int:
        database = Database(exchange.postgres.url("consultation", WORKER_ROLE), pool_size=1)
        try:
            return (await Erasing(RULES, unlink).run(database.without_tenant, lambda: datetime.now(UTC))).files
        finally:
            await database.close()

    assert asyncio.run(run()) == 1
    assert [file.exists() for file in files] == [True, False]
    files[0].rmdir()
    files[0].write_text("x", "utf-8")
    assert (asyncio.run(run()), files[0].exists()) == (1, False)
    assert sql(exchange, "SELECT key FROM file_to_erase") == []
