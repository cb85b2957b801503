"""Percentiles through the door where they stop being exact: below 1 000 answers, at the border, and above it.

A month is filled past the door with consultations whose events and durations come from the reference, and folded by
the real job. Each figure is held against the exact percentile of what was put in, in seconds.
"""

import asyncio
import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

import pytest

from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.tables import WORKER_ROLE
from tests.attack.support import act, sql
from tests.exchange import Exchange
from tests.folding import fold_all
from tests.reference.lead_times import open_minutes, percentile, time_by_turn
from tests.service.test_protected_identity import somebody
from tests.sizes import FULL

SEED = 20261122
BORDER = 1000
FEW = 5
"""Of others' answers, that a percentile is to have on each side."""
# Long ago, so that nothing else is in these figures.
MONTH = "2012-03"
FIRST = datetime(2012, 2, 27, tzinfo=UTC)
DAYS = 14
PERIOD = "from=2012-03-01&to=2012-03-31"
PAST_TRIGGERS = "SET session_replication_role = replica"
ASKED = ("0", "1", "12.5", "50", "85", "95", "99.9", "100")
CUTS = {
    "none": "all",
    "organisation": "2120002627",
    "unit": "af-24",
    "area": "SE33",
    "county": "24",
    "municipality": "2480",
    "kind": "municipality",
    "type": "consultation",
    "channel": "api",
    "month": MONTH,
}
NARROWED = ("&countyCode=24", "&municipalityCode=2480&type=consultation", "&channel=api")


@dataclass
class Answered:
    """When each of its five events took place: opened, claimed, asked back, replied, answered."""

    events: tuple[datetime, ...]

    @cached_property
    def minutes(self) -> dict[str, int]:
        """By measure, from the reference."""
        opened, claimed, asked_back, _, answered = self.events
        turns = ("answering_authority", "answering_authority", "municipality", "answering_authority")
        by_turn = time_by_turn(zip(self.events, turns, strict=False), answered)
        return {
            "total": open_minutes(opened, answered),
            "answeringAuthority": by_turn["answering_authority"],
            "municipality": by_turn["municipality"],
            "firstResponse": open_minutes(opened, asked_back),
            "touch": by_turn["answering_authority"] - open_minutes(opened, claimed),
        }


def invented(chance: random.Random, number: int) -> list[Answered]:
    """Some of no working time at all, the most of hours, a few of weeks; all answered in the month."""
    found: list[Answered] = []
    while len(found) < number:
        opened = FIRST + timedelta(minutes=chance.randrange(DAYS * 1440))
        longest = chance.choice([60, 600, 600, 4000, 4000, 25_000])
        later = sorted(chance.randrange(longest) for _ in range(4))
        events = (opened, *(opened + timedelta(minutes=each) for each in later))
        if events[-1].month == 3:
            found.append(Answered(events))
    return found


@dataclass(frozen=True)
class Month:
    """A month that is filled bit by bit: `exchange` holds copies of `model`, one for each of `there`."""

    exchange: Exchange
    model: str
    there: list[Answered]

    def grow_to(self, number: int, made: Sequence[Answered]) -> None:
        """So many are there, and folded."""
        new = made[len(self.there) : number]
        put_in(self.exchange, self.model, new)
        fold_all(self.exchange)
        self.there.extend(new)

    def only_group(self, name: str, query: str) -> dict[str, Any]:
        """With the bound that the report states."""
        path = f"/consultation/v1/lead-times?{PERIOD}&percentiles={','.join(ASKED)}&{query}"
        answer = self.exchange.send(name, "GET", path)
        assert answer.status_code == 200, answer.text
        (group,) = answer.json()["groups"]
        return {**group, "errorBound": answer.json()["errorBound"]}


@pytest.fixture(scope="module")
def month(running: Exchange) -> Iterator[Month]:
    running.clock.back_to_now()
    receipt = running.open("umea", person=somebody())
    act(running, "af-workbench", receipt, "claims", 1)
    act(running, "af-workbench", receipt, "questions", 2, "Vilken period?")
    act(running, "umea", receipt, "replies", 3, "Mars.")
    act(running, "af-workbench", receipt, "answers", 4, "Svar.")
    yield Month(running, receipt["consultationId"], [])
    forget(running)


def forget(exchange: Exchange) -> None:
    """Whoever rebuilds the figures after this has no thousand more to go through."""
    added = "SELECT id FROM consultation WHERE number LIKE 'B2012-%'"
    for table, key in (("lead_time_fact", "consultation_id"), ("consultation_event", "consultation_id")):
        sql(exchange, f"DELETE FROM {table} WHERE {key} IN ({added})", first=PAST_TRIGGERS)
    sql(exchange, "DELETE FROM consultation WHERE number LIKE 'B2012-%'", first=PAST_TRIGGERS)
    asyncio.run(rebuild(exchange.postgres.url("consultation", WORKER_ROLE), exchange.clock()))


def put_in(exchange: Exchange, model: str, made: Sequence[Answered]) -> None:
    """Copies of the model with their own times, past the door; their events queue them as any event does."""
    columns = [
        row["column_name"]
        for row in sql(
            exchange,
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'consultation' "
            "AND table_schema = 'public' AND is_generated = 'NEVER'",
        )
    ]
    own = {
        "id": "made.id",
        "number": "'B2012-' || left(made.id::text, 13)",
        "opened_at": "made.events[1]",
        "answered_at": "made.events[5]",
        **{name: f"made.{name}" for name in SECONDS},
    }
    consultations = f"""
        INSERT INTO consultation ({", ".join(columns)})
        SELECT {", ".join(own.get(name, f"model.{name}") for name in columns)}
        FROM jsonb_to_recordset($1::jsonb) AS made ({MADE}) CROSS JOIN consultation model
        WHERE model.id = $2::text::uuid
    """
    events = f"""
        INSERT INTO consultation_event (org, consultation_id, sequence, id, answering_org, at, action, state, turn,
                                        actor_org, client_id, actor, audience, channel, unit, detail)
        SELECT org, made.id, sequence, gen_random_uuid(), answering_org, made.events[sequence], action, state, turn,
               actor_org, client_id, actor, audience, channel, unit, detail
        FROM jsonb_to_recordset($1::jsonb) AS made ({MADE}) CROSS JOIN consultation_event
        WHERE consultation_id = $2::text::uuid
    """
    rows = json.dumps([row_of(each) for each in made])
    for statement in (consultations, events):
        sql(exchange, statement, rows, model)


SECONDS = {
    "total_seconds": "total",
    "answering_seconds": "answeringAuthority",
    "asking_seconds": "municipality",
    "first_response_seconds": "firstResponse",
    "touch_seconds": "touch",
}
MADE = f"id uuid, events timestamptz[], {', '.join(f'{name} bigint' for name in SECONDS)}"


def row_of(each: Answered) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "events": [at.isoformat() for at in each.events],
        **{column: each.minutes[measure] * 60 for column, measure in SECONDS.items()},
    }


def told(group: dict[str, Any]) -> dict[str, list[int | None]]:
    """Minutes by measure, in the order asked for."""
    spreads = {**{name: group[name] for name in ("total", "firstResponse", "touch")}, **group["turns"]}
    return {name: [each["minutes"] for each in spreads[name]] for name in SECONDS.values()}


def exactly(there: Sequence[Answered]) -> dict[str, list[Fraction]]:
    """The same, computed from everything that was put in."""
    return {
        name: [percentile([each.minutes[name] for each in there], Fraction(share) / 100) for share in ASKED]
        for name in SECONDS.values()
    }


def require(group: dict[str, Any], number: int, exact: dict[str, list[Fraction]], *, withheld: bool = False) -> None:
    """Exact below the border, and within the bound, and half a minute of rounding, from it on.

    `withheld`: percentiles that few reach are not told.
    """
    assert (group["count"], group["exact"]) == (number, number < BORDER)
    bound = 0 if group["exact"] else Fraction(str(group["errorBound"]))
    for name, minutes in told(group).items():
        for share, found, right in zip(ASKED, minutes, exact[name], strict=True):
            if found is None:
                assert withheld
                assert min(float(share), 100 - float(share)) / 100 * number < FEW
                continue
            assert abs(found - right) <= Fraction(1, 2) + bound * right, (name, share, found, float(right))


@pytest.mark.requirement(11)
@pytest.mark.parametrize("number", [BORDER - 1, BORDER, BORDER + 1, *([20_000] if FULL else [])])
def test_percentiles_are_exact_below_a_thousand_answers_and_within_their_bound_from_there(
    month: Month, number: int
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    month.grow_to(number, invented(chance, number))
    exact = exactly(month.there)

    for cut, key in CUTS.items():
        group = month.only_group("af-workbench", f"groupBy={cut}")
        assert group["key"] == key
        require(group, number, exact)
    for narrowed in NARROWED:
        group = month.only_group("af-workbench", f"groupBy=none{narrowed}")
        require(group, number, exact)
    # What others are told of it, by whole months, is as exact.
    group = month.only_group("malmo", "groupBy=county")
    require(group, number, exact, withheld=True)
