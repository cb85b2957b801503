"""A simulated year through the use cases, and what can be expected from it, on a product of its own."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.assembly.environment import CannotStart
from services.assembly.simulated_year import make_year, play
from services.consultation.expected.domain import OF_EACH_UNIT, PROBABILITY
from services.consultation.expected.refresh import Refreshing
from services.consultation.simulation.desk import Step
from services.consultation.simulation.player import Progress
from services.consultation.simulation.questions import Ending, Wish
from services.consultation.simulation.year import Year, simulate, timeline
from shared.database.embedded import SUPERUSER
from shared.database.engine import Database
from shared.jobs.job import Run
from tests.calibration import LAST_DAY
from tests.exchange import Exchange, running_exchange
from tests.folding import fold_all
from tests.recounting import Comparison, read_year
from tests.sizes import FULL, sample_or_full

BASE = "/consultation/v1/consultations"
SIZE = sample_or_full(30, 3000)
AF = "0007:2021002114"
SECONDS = 2 * 9 * 3600
"""What the answers took from which something is expected: two working days."""
YEAR_IS_OVER = datetime.combine(LAST_DAY, time(18), UTC)
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)  # a Monday


@dataclass
class Played:
    """A product in whose database a year has been played."""

    exchange: Exchange
    year: Year
    progress: list[Progress]
    recounted: Comparison = field(init=False)
    """What the API told when the year was over, before tests added anything to it."""

    def rows(self, statement: str, *values: Any) -> list[Mapping[str, Any]]:
        """As the superuser, past every policy."""
        address = make_url(self.exchange.postgres.url("consultation", SUPERUSER)).set(drivername="postgresql")

        async def fetch() -> list[Mapping[str, Any]]:
            connection = await asyncpg.connect(address.render_as_string(hide_password=False))
            try:
                return [dict(row) for row in await connection.fetch(statement, *values)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def refresh(self, now: datetime) -> None:
        """The job, as the role of background jobs."""

        async def run() -> None:
            database = Database(self.exchange.environment["SAMRAD_CONSULTATION_WORKER_DATABASE_URL"], pool_size=1)
            async with database.without_tenant() as connection:
                await Refreshing(AF)(Run(connection, now, {}))
            await database.close()

        asyncio.run(run())


def year_of(size: int) -> Year:
    """A small one asks to meet more often than a large one, or nobody would."""
    year = make_year(11, size, LAST_DAY)
    if FULL:
        return year
    chosen = year.parameters
    types = {kind: each.model_copy(update={"physical": 1.0}) for kind, each in chosen.types.items()}
    return replace(year, parameters=chosen.model_copy(update={"physical_in_vain": 0.3, "types": types}))


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    year = year_of(SIZE)
    progress: list[Progress] = []
    with running_exchange() as exchange:
        # Cells of single days are kept as seen from here.
        exchange.clock.stand_at(YEAR_IS_OVER)
        asyncio.run(play(year, progress.append))
        made = Played(exchange, year, progress)
        fold_all(exchange)
        comparison = Comparison(exchange, read_year(made.rows), YEAR_IS_OVER)
        made.recounted = comparison.everything(LAST_DAY - timedelta(days=395), LAST_DAY)
        exchange.clock.back_to_now()
        yield made


def test_the_database_holds_the_year_as_it_was_simulated(played: Played) -> None:
    handled = simulate(played.year)
    rows = played.rows("SELECT state, unit, type, channel_in, total_seconds, answered_at FROM consultation")
    last = played.year.days.seconds
    opened = [each for each in handled if each.question.opens < last]
    assert len(rows) == len(opened)
    told = Counter((row["unit"], row["type"], row["channel_in"]) for row in rows)
    assert told == Counter(
        (each.question.municipality.unit, each.question.type.value, each.question.channel.value) for each in opened
    )
    states = Counter(row["state"] for row in rows)
    assert states["rejected"] == sum(each.ending is Ending.REJECTED for each in opened)
    assert states["withdrawn"] == sum(each.ending is Ending.WITHDRAWN for each in opened)


def test_lead_times_are_those_that_the_queue_made(played: Played) -> None:
    """Counted by the product's clocks from its events, they are the simulation's own, to the second."""
    expected = Counter(
        each.ended - each.question.opens
        for each in simulate(played.year)
        if each.ended is not None
        and each.ending in (Ending.ANSWERED, Ending.BY_POST)
        and not each.question.registered
        and not each.question.corrected
    )
    measured = Counter(
        row["total_seconds"]
        for row in played.rows(
            "SELECT total_seconds FROM consultation c WHERE answered_at IS NOT NULL AND channel_in = 'api' AND NOT "
            "EXISTS (SELECT FROM consultation_event e WHERE e.consultation_id = c.id AND e.action = 'corrected')"
        )
    )
    assert measured == expected


def test_every_step_is_an_event_with_its_outbox_row_and_entry_in_the_trail(played: Played) -> None:
    events = played.rows("SELECT count(*) AS n FROM consultation_event")[0]["n"]
    assert events >= played.progress[-1].of
    assert played.rows("SELECT count(*) AS n FROM outbox")[0]["n"] == events
    entries = Counter(
        row["event"].split(".")[0]
        for row in played.rows("SELECT event FROM audit_entry WHERE entry LIKE '%year-simulator%'")
    )
    assert entries == {"consultation": events, "lead_times": len(played.year.parameters.interventions)}


@pytest.mark.requirement(12)
def test_the_interventions_of_the_year_are_registered_on_their_days(played: Played) -> None:
    days = played.year.days.days
    assert {
        (row["name"], row["day"], tuple(row["units"]))
        for row in played.rows("SELECT name, day, units FROM lead_time_intervention WHERE client_id = 'year-simulator'")
    } == {(each.name, days[int(each.after * len(days))], each.units) for each in played.year.parameters.interventions}


def test_a_physical_meeting_that_is_asked_for_comes_to_what_was_planned(played: Played) -> None:
    asked = Counter(
        "granted" if each.step is Step.BOOK_MEETING else "refused"
        for each in timeline(played.year)
        if (each.step is Step.BOOK_MEETING and each.handled.question.wish is Wish.MET)
        or each.step is Step.REFUSE_MEETING
    )
    stored = Counter(row["outcome"] for row in played.rows("SELECT outcome FROM meeting_request"))
    assert {outcome: number for outcome, number in stored.items() if outcome is not None} == asked
    assert sum(stored.values()) == sum(each.step is Step.REQUEST_MEETING for each in timeline(played.year)) > 0


def test_progress_is_told_day_by_day_to_the_end(played: Played) -> None:
    done = [each.done for each in played.progress]
    assert done == sorted(done)
    assert done[-1] == played.progress[-1].of
    assert len({each.day for each in played.progress}) == len(played.progress)


@pytest.mark.requirement(11)
@pytest.mark.parametrize(
    "route",
    [
        *("lead-times", "throughput", "cumulative-flow", "delay-reasons", "manual-work", "demand"),
        *("work-in-progress", "ageing", "interventions", "physical-meetings", "recount"),
    ],
)
def test_every_figure_of_the_year_is_what_its_events_come_to(played: Played, route: str) -> None:
    """By all cuts and periods, against a reference that keeps no sums; `recount` is the command that does the same."""
    assert played.recounted.compared[route] > 0
    assert played.recounted.differences[route] == []


def test_a_database_that_holds_something_is_refused(played: Played) -> None:
    before = played.rows("SELECT count(*) AS n FROM consultation")
    with pytest.raises(CannotStart, match="holds a simulated year already, up to 2025-12-"):
        asyncio.run(play(make_year(12, 10, LAST_DAY), lambda _: None))
    assert played.rows("SELECT count(*) AS n FROM consultation") == before


def _answered_alike(
    played: Played, count: int, unit: str, *, until: datetime = NOON - timedelta(days=3), **values: str
) -> None:
    """So many answered consultations of the unit, each in two working days: copies of one, past the door.

    The last was answered at `until`. `values` are SQL, by column.
    """
    columns = [
        row["column_name"]
        for row in played.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'consultation'")
    ]
    changed = {
        "id": "gen_random_uuid()",
        "number": f"'{unit}' || n",
        "unit": f"'{unit}'",
        "type": "'consultation'",
        "answered_at": "$2::timestamptz - n * interval '1 minute'",
        "total_seconds": f"{SECONDS} - n % 60",
        "previous_id": "NULL",
        **values,
    }
    chosen = ", ".join(changed.get(name, name) for name in columns)
    played.rows(
        f"INSERT INTO consultation ({', '.join(columns)}) SELECT {chosen} FROM generate_series(1, $1) AS n, "
        "(SELECT * FROM consultation WHERE channel_in = 'api' AND state = 'closed' LIMIT 1) AS one",
        count,
        until,
    )


@pytest.mark.requirement(11, 82)
def test_from_enough_answers_of_the_unit_a_share_is_stated_and_live_it_follows_the_wait(played: Played) -> None:
    exchange = played.exchange
    exchange.clock.stand_at(NOON)
    receipt = exchange.open("umea")
    assert receipt["expectedAnswer"]["basis"] != "unit"
    unit = played.rows("SELECT unit FROM consultation WHERE number = $1", receipt["number"])[0]["unit"]
    _answered_alike(played, 230, unit)
    played.refresh(NOON)

    exchange.clock.stand_at(NOON + timedelta(minutes=2))
    told = exchange.open("umea")

    expected = told["expectedAnswer"]
    # The few that the unit has answered in the year itself come on top.
    assert (expected["basis"], expected["probability"]) == ("unit", 0.85)
    assert expected["n"] >= 230
    assert expected["withinWorkingMinutes"] == SECONDS // 60
    assert expected["at"] < "2026-03-04T11:02:01"
    assert "85 %" in expected["texts"]["en"]
    address = f"{BASE}/{told['consultationId']}/expected-answer"
    for name in ("umea", "af-workbench"):
        assert exchange.send(name, "GET", address).json()["expectedAnswer"] == expected
    kept = played.rows("SELECT expected_at, expected_basis FROM consultation WHERE number = $1", told["number"])
    assert kept[0]["expected_basis"] == "unit"

    # After a week nothing of the unit's has waited so long; in a large year others' may have.
    exchange.clock.stand_at(NOON + timedelta(days=7))
    silent = exchange.send("umea", "GET", address).json()["expectedAnswer"]
    assert silent["basis"] != "unit"
    assert (silent["at"] is None, silent["probability"] is None) == ((silent["basis"] == "target"),) * 2
    exchange.send("umea", "POST", f"{BASE}/{told['consultationId']}/withdrawals", version=1)
    assert exchange.send("umea", "GET", address).json()["expectedAnswer"] is None


@pytest.mark.requirement(82)
def test_a_unit_that_has_answered_nothing_lately_is_held_to_what_it_was_told_before(played: Played) -> None:
    for number in range(4):
        _answered_alike(played, OF_EACH_UNIT, f"af-busy-{number}")
    long_ago = NOON - timedelta(days=300)
    missed = {"expected_basis": "'type'", "expected_at": "$2::timestamptz - interval '1 day'"}
    _answered_alike(played, 2, "af-quiet", until=long_ago, **missed)
    _answered_alike(played, 2, "af-silent", until=NOON - timedelta(days=401), **missed)

    played.refresh(NOON)

    rows = played.rows("SELECT unit, basis, level FROM expected_sample WHERE unit IN ('af-quiet', 'af-silent')")
    levels = {row["unit"]: row["level"] for row in rows if row["basis"] == "type"}
    assert levels["af-quiet"] > PROBABILITY
    assert levels.get("af-silent", PROBABILITY) == PROBABILITY


def test_somebody_elses_consultation_is_not_found(played: Played) -> None:
    played.exchange.clock.stand_at(NOON)
    receipt = played.exchange.open("umea")
    address = f"{BASE}/{receipt['consultationId']}/expected-answer"
    assert played.exchange.send("malmo", "GET", address).status_code == 404


def test_what_is_old_is_forgotten(played: Played) -> None:
    played.refresh(NOON + timedelta(days=400))
    assert played.rows("SELECT * FROM expected_sample") == []
