"""Folding is exactly once: whoever folds, whatever is broken off, and however late something is corrected."""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services import __main__ as samrad
from services.consultation.leadtimes.folding import fold_pending, forget_days
from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.leadtimes.recount import recount
from services.consultation.leadtimes.version import cells_changed
from services.consultation.tables import RUNTIME_ROLE, WORKER_ROLE
from tests.attack.support import act, sql, together
from tests.exchange import Exchange
from tests.folding import as_role, cells, fold_all
from tests.sizes import sample_or_full

SEED = 20261122


@pytest.fixture
def alone(exchange: Exchange) -> Iterator[Exchange]:
    """What has happened before is in the figures, also days forgotten while a test stood years ahead."""
    fold_all(exchange)
    rebuilt(exchange)
    yield exchange
    fold_all(exchange)


def rebuilt(exchange: Exchange) -> dict[str, list[str]]:
    asyncio.run(rebuild(exchange.postgres.url("consultation", WORKER_ROLE), exchange.clock()))
    return cells(exchange)


def forget(exchange: Exchange) -> None:
    async def work(connection: AsyncConnection) -> None:
        await forget_days(connection, exchange.clock())

    as_role(exchange, WORKER_ROLE, work)


def correct(exchange: Exchange, consultation_id: str, chance: random.Random) -> None:
    """Times and unit as a correction leaves them, with its event; past the door, which knows none yet."""
    seconds = chance.randrange(0, 300_000)
    sql(
        exchange,
        f"""
        WITH changed AS (
            UPDATE consultation SET version = version + 1, unit = '{chance.choice(["nord", "syd", "national"])}',
                total_seconds = {seconds}, answering_seconds = {seconds // 3},
                asking_seconds = {seconds - seconds // 3},
                answered_at = answered_at - interval '{chance.randrange(0, 900)} days'
            WHERE id = '{consultation_id}' RETURNING *
        )
        INSERT INTO consultation_event (org, consultation_id, sequence, id, answering_org, at, action, state, turn,
            actor_org, client_id, audience, channel)
        SELECT org, id, version, gen_random_uuid(), answering_org, now(), 'corrected', state, turn, answering_org,
               'test', 'both', 'api' FROM changed
        """,
    )


def test_answers_and_corrections_folded_by_two_and_broken_off_at_random_are_counted_once(alone: Exchange) -> None:
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    receipts = [alone.open(chance.choice(["umea", "malmo"])) for _ in range(sample_or_full(6, 60))]
    done = False

    def fold_and_break_off() -> int:
        """Beside the worker of the product. Every other transaction ends as it does when its process is killed."""
        broken = 0
        while not done:
            try:
                as_role(alone, WORKER_ROLE, lambda connection: fold_or_die(connection, die=chance.random() < 0.5))
            except (SQLAlchemyError, OSError):
                broken += 1
        return broken

    async def fold_or_die(connection: AsyncConnection, *, die: bool) -> None:
        await fold_pending(connection, alone.clock())
        if die:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    def play() -> int:
        nonlocal done
        try:
            for receipt in receipts:
                act(alone, "af-workbench", receipt, "claims", 1)
                act(alone, "af-workbench", receipt, "answers", 2, "Svar")
                for _ in range(chance.randrange(3)):
                    correct(alone, receipt["consultationId"], chance)
        finally:
            done = True
        return 0

    _, broken, more = together(play, fold_and_break_off, fold_and_break_off)
    fold_all(alone)
    forget(alone)
    folded = cells(alone)

    assert broken + more > 0
    assert folded == rebuilt(alone)
    assert sql(alone, "SELECT 1 FROM lead_time_pending") == []


def test_the_role_that_serves_can_neither_fill_nor_read_the_queue_of_what_is_to_be_folded(alone: Exchange) -> None:
    for statement in (
        "INSERT INTO lead_time_pending (org, consultation_id) VALUES ('x', gen_random_uuid())",
        "SELECT 1 FROM lead_time_pending",
        "SELECT 1 FROM lead_time_cube",
        "DELETE FROM lead_time_fact",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            sql(alone, statement, role=RUNTIME_ROLE)


def test_a_change_that_is_refused_queues_nothing(alone: Exchange) -> None:
    receipt = alone.open()
    fold_all(alone)

    refused = act(alone, "af-workbench", receipt, "answers", 1, "Svar")

    assert refused.status_code == 409
    waiting = "SELECT 1 FROM lead_time_pending WHERE consultation_id = $1::text::uuid"
    assert sql(alone, waiting, receipt["consultationId"]) == []


def test_a_corrected_channel_is_counted_under_the_right_one_and_rebuilds_alike(alone: Exchange) -> None:
    receipt = alone.open()
    act(alone, "af-workbench", receipt, "claims", 1)
    act(alone, "af-workbench", receipt, "answers", 2, "Svar")
    fold_all(alone)
    body = {"sequence": 1, "reason": "wrong_channel", "channel": "phone"}
    path = f"/consultation/v1/consultations/{receipt['consultationId']}/corrections"

    assert alone.send("af-workbench", "POST", path, body, version=3).status_code == 200
    fold_all(alone)

    query = "SELECT channel FROM lead_time_fact WHERE consultation_id = $1::text::uuid"
    assert sql(alone, query, receipt["consultationId"])[0]["channel"] == "phone"
    assert cells(alone) == rebuilt(alone)


def test_a_recount_goes_by_the_hours_of_the_unit_as_the_figures_do(alone: Exchange) -> None:
    # Years ahead, where no other test is.
    monday = datetime(2035, 9, 3, 6, tzinfo=UTC)  # 08:00 in Sweden
    alone.clock.stand_at(monday - timedelta(days=7))
    late = {day: {"opens": "10:00", "closes": "17:00"} for day in ("monday", "tuesday", "wednesday")}
    hours = {"unit": "af-12-b", "validFrom": "2035-09-03", "opening": {"week": late}}
    assert alone.send("af-manager", "POST", "/consultation/v1/unit-calendars", hours).status_code == 201
    alone.clock.stand_at(monday)
    receipt = alone.open("malmo")
    act(alone, "af-workbench", receipt, "claims", 1)
    alone.clock.stand_at(monday + timedelta(hours=4))
    act(alone, "af-workbench", receipt, "answers", 2, "Svar")
    fold_all(alone)

    async def counted(connection: AsyncConnection) -> list[dict[str, Any]]:
        return await recount(connection, date(2035, 9, 1), date(2035, 9, 30), "unit", ["50"])

    path = "/consultation/v1/lead-times?from=2035-09-01&to=2035-09-30&groupBy=unit&percentiles=50"
    told = alone.send("dashboard", "GET", path, handler=None).json()["groups"]
    groups = as_role(alone, WORKER_ROLE, counted)

    assert [(each["key"], each["total"]) for each in groups] == [("af-12-b", [{"percentile": 50, "minutes": 120}])]
    assert [{name: each[name] for name in groups[0]} for each in told] == groups


def test_the_command_rebuilds_what_has_been_folded(
    alone: Exchange, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = "SAMRAD_CONSULTATION_WORKER_DATABASE_URL"
    monkeypatch.setenv(setting, alone.environment[setting])
    alone.open()
    fold_all(alone)
    forget(alone)
    folded = cells(alone)

    assert samrad.main(["lead-times", "rebuild"]) == 0

    number = sql(alone, "SELECT count(*) AS number FROM consultation")[0]["number"]
    assert capsys.readouterr().out == f"rebuilt the lead times of {number} consultations\n"
    assert cells(alone) == folded


def test_figures_of_an_erased_consultation_stay(alone: Exchange) -> None:
    organisation = "0007:2120000001"
    sql(
        alone,
        f"""
        INSERT INTO lead_time_fact (org, consultation_id, answering_org, version, folded_at, answered_at, answered_day,
            type, unit, area, county, municipality, kind, channel, sets, target_seconds, total_seconds,
            answering_seconds, asking_seconds, person_seconds, post_seconds, secrecy_seconds, meeting_seconds, tallies)
        VALUES ('{organisation}', gen_random_uuid(), '0007:2021002114', 1, now(), '2003-05-06T12:00Z', '2003-05-06',
            'consultation', 'nord', 'SE33', '24', '2480', 'municipality', 'api', '{{}}', 3600, 60, 60, 0, 0, 0, 0, 0,
            '[["2003-05-06", "answered", 1, 0]]')
        """,
    )
    wanted = (organisation, '"month"', '"total"')
    held = [cell for cell in rebuilt(alone)["lead_time_cube"] if all(part in cell for part in wanted)]

    assert len(held) == 1
    assert '"number": 1' in held[0]
    sql(alone, f"DELETE FROM lead_time_fact WHERE org = '{organisation}'")
    rebuilt(alone)


def test_what_was_marked_for_violence_a_moment_before_is_in_no_rebuilt_figure(alone: Exchange) -> None:
    """Its mark still waits to be folded: the queue is emptied, and its fact is not what is counted."""
    receipt = alone.open()
    fold_all(alone)
    mark = "UPDATE consultation SET restricted = $2 WHERE id = $1::text::uuid"
    fact = "SELECT 1 FROM lead_time_fact WHERE consultation_id = $1::text::uuid"
    counted = rebuilt(alone)

    sql(alone, mark, receipt["consultationId"], "violence")
    without = rebuilt(alone)

    assert sql(alone, fact, receipt["consultationId"]) == []
    assert without != counted
    sql(alone, mark, receipt["consultationId"], None)
    assert rebuilt(alone) == counted


def test_the_same_answer_is_given_until_something_is_folded(alone: Exchange) -> None:
    """Cells that are changed past the folding are not looked at, and those that it changes are at once."""

    def opened(client: str = "dashboard") -> int:
        handler = None if client == "dashboard" else "hl-1"
        answer = alone.send(client, "GET", "/consultation/v1/throughput", handler=handler)
        return sum(group["opened"] for group in answer.json()["groups"])

    alone.open("umea")
    fold_all(alone)
    before = opened()
    sql(alone, "UPDATE lead_time_tally SET number = number + 1000 WHERE item = 'opened' AND cut = 'all'")

    assert opened() == before

    alone.open("umea")
    fold_all(alone)
    assert opened() > before + 1000
    rebuilt(alone)
    assert opened() == before + 1


def test_two_organisations_that_ask_the_same_are_each_told_its_own(alone: Exchange) -> None:
    def told(client: str) -> Any:
        return alone.send(client, "GET", "/consultation/v1/throughput").json()["groups"]

    alone.open("umea")
    fold_all(alone)
    first = {client: told(client) for client in ("umea", "malmo")}

    assert first["umea"] != first["malmo"]
    assert {client: told(client) for client in first} == first


def test_folding_that_is_undone_leaves_the_version_of_the_cells(alone: Exchange) -> None:
    def version() -> int:
        return int(sql(alone, "SELECT version FROM lead_time_version")[0]["version"])

    async def undone(connection: AsyncConnection) -> None:
        await cells_changed(connection)
        await connection.rollback()

    before = version()
    as_role(alone, WORKER_ROLE, undone)
    assert version() == before
    rebuilt(alone)
    assert version() == before + 1
