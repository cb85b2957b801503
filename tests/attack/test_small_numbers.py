"""Figures of others, asked for in every way there is, and then subtracted from each other."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import pytest

from services.consultation.leadtimes.areas import area_of
from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.tables import WORKER_ROLE
from tests.attack.support import AF, UMEA, sql
from tests.exchange import Exchange
from tests.sizes import sample_or_full

pytestmark = pytest.mark.attack

SEED = 20261122
LEAST = 5
# Long ago, so that nothing else is in these figures.
MONTHS = ("2001-02", "2001-03", "2001-04")
PLACES = ("kind", "area", "county", "municipality", "organisation", "unit")
OTHERS = ("type", "channel")
TYPES = ("consultation", "information_request", "study_transition", "employer_contact")


@dataclass(frozen=True)
class Answered:
    """One consultation, by the keys that figures are cut by. `request` is what came of one for a physical meeting."""

    month: str
    keys: Mapping[str, str]
    request: str | None = None

    @property
    def tallies(self) -> list[tuple[str, str, int, int]]:
        items = ["answered"]
        if self.request is not None:
            items += [f"meeting_request:{item}" for item in ("asked", self.request)]
        if self.request == "granted":
            items.append("meeting_request:days:7")
        return [(f"{self.month}-15", item, 1, 0) for item in items]

    @property
    def own(self) -> bool:
        return self.keys["organisation"] == UMEA.removeprefix("0007:")


def world(chance: random.Random) -> list[Answered]:
    """Many small askers, some of them alone in their county or unit."""
    askers = [("municipality", "24", "2480", UMEA.removeprefix("0007:"))]
    for number in range(sample_or_full(22, 60)):
        county = chance.choice(["24", "25", "22", "01"])
        kind = chance.choice(["municipality"] * 5 + ["a_kassa"])
        code = f"{county}{10 + number}" if kind == "municipality" else "none"
        askers.append((kind, county if kind == "municipality" else "none", code, f"21299900{number:02}"))
    found = []
    for month in MONTHS:
        for kind, county, municipality, organisation in askers:
            for _ in range(chance.choice([0, 1, 1, 2, 3, 4, 5, 7, 12])):
                keys = {
                    "kind": kind,
                    "area": area_of(county) or "none",
                    "county": county,
                    "municipality": municipality,
                    "organisation": organisation,
                    "unit": chance.choice(["nord", "syd"]) if county != "01" else "stockholm",
                    "type": chance.choices(TYPES, [40, 20, 2, 1])[0],
                    "channel": chance.choices(["api", "phone", "post"], [40, 10, 1])[0],
                }
                found.append(Answered(month, keys))
    return [replace(each, request=outcome) for each, outcome in zip(found, asked_for(found), strict=True)]


def asked_for(found: Sequence[Answered]) -> Iterator[str | None]:
    """Most ask for a physical meeting; in the last month a few of one county wait, and one of the reader's own."""
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    waiting = {"22": 2, "24": 1}
    for each in found:
        county = each.keys["county"]
        may_wait = each.month == MONTHS[-1] and (county == "22" or each.own)
        if may_wait and waiting[county] > 0:
            waiting[county] -= 1
            yield "waiting"
        else:
            yield chance.choice([None, "granted", "granted", "refused", "not_granted"])


@pytest.fixture(scope="module")
def answered(running: Exchange) -> Iterator[list[Answered]]:
    running.clock.back_to_now()
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    made = world(chance)
    columns = ("kind", "area", "county", "municipality", "unit", "type", "channel")
    rows = [
        (
            *(f"0007:{each.keys['organisation']}", f"{each.month}-15", json.dumps(each.tallies)),
            *(each.keys[name] for name in columns),
        )
        for each in made
    ]
    sql(
        running,
        f"""
        INSERT INTO lead_time_fact (org, consultation_id, answering_org, version, folded_at, answered_at, answered_day,
            {", ".join(columns)}, sets, target_seconds, total_seconds, answering_seconds, asking_seconds,
            person_seconds, post_seconds, secrecy_seconds, meeting_seconds, tallies)
        SELECT made.org, gen_random_uuid(), '{AF}', 1, now(), made.day::date, made.day::date,
               {", ".join(f"made.{name}" for name in columns)}, '{{}}', 3600, 60, 60, 0, 0, 0, 0, 0,
               made.tallies
        FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[]) AS made (org, day, tallies, {", ".join(columns)})
        """,
        *[list(column) for column in zip(*rows, strict=True)],
    )
    refill(running)
    yield made
    sql(running, "DELETE FROM lead_time_fact WHERE answered_day < '2002-01-01'")
    refill(running)


def refill(exchange: Exchange) -> None:
    url = exchange.postgres.url("consultation", WORKER_ROLE)
    asyncio.run(rebuild(url, exchange.clock()))


def told(
    exchange: Exchange, grouping: str, first: str, last: str, narrowed: str = "", of: str = "lead-times"
) -> dict[str, dict[str, Any]]:
    path = f"/consultation/v1/{of}?from={first}-01&to={last}-28&groupBy={grouping}{narrowed}"
    # Out to the end of the month, whatever it is.
    days = {"2001-02": "28", "2001-03": "31", "2001-04": "30"}
    path = path.replace(f"to={last}-28", f"to={last}-{days[last]}")
    answer = exchange.send("umea", "GET", path)
    assert answer.status_code == 200, answer.text
    return {group["key"]: group for group in answer.json()["groups"]}


def in_span(target: Sequence[int], rows: Sequence[Sequence[int]]) -> bool:
    """Whether the target is a linear combination of the rows, exactly."""
    basis: dict[int, list[Fraction]] = {}

    def reduced(row: Sequence[int]) -> list[Fraction]:
        left = [Fraction(value) for value in row]
        for place, base in basis.items():
            if left[place]:
                factor = left[place]
                left = [a - factor * b for a, b in zip(left, base, strict=True)]
        return left

    for row in rows:
        left = reduced(row)
        place = next((place for place, value in enumerate(left) if value), None)
        if place is None:
            continue
        base = [value / left[place] for value in left]
        for other, held in basis.items():
            if held[place]:
                factor = held[place]
                basis[other] = [a - factor * b for a, b in zip(held, base, strict=True)]
        basis[place] = base
    return not any(reduced(target))


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(("of", "number_of"), [("lead-times", "count"), ("physical-meetings", "requests")])
def test_no_cell_that_is_held_back_can_be_derived_from_those_that_are_told(
    exchange: Exchange, answered: list[Answered], month: str, of: str, number_of: str
) -> None:
    held_back = 0
    counted = [each for each in answered if of == "lead-times" or each.request is not None]
    moves = of != "lead-times" and month == MONTHS[-1]
    for family in (PLACES, ("type",), ("channel",)):
        others = [each for each in counted if each.month == month and not each.own]
        atoms = sorted({tuple(each.keys[name] for name in family) for each in others})
        numbers = Counter(tuple(each.keys[name] for name in family) for each in others)
        # Of requests, all of them together are not told either while some wait.
        equations, hidden = [] if moves else [[1] * len(atoms)], []
        assert (told(exchange, "none", month, month, of=of)["all"][number_of] is None) == moves
        for place, name in enumerate(family):
            groups = told(exchange, name, month, month, of=of)
            for key in {atom[place] for atom in atoms}:
                cell = [int(atom[place] == key) for atom in atoms]
                number = sum(numbers[atom] for atom, inside in zip(atoms, cell, strict=True) if inside)
                if groups[key]["suppressed"]:
                    assert groups[key][number_of] is None
                    hidden.append(cell)
                    continue
                own = sum(each.own and each.month == month and each.keys[name] == key for each in counted)
                assert groups[key][number_of] == number + own
                assert number >= LEAST
                equations.append(cell)
        assert not [cell for cell in hidden if in_span(cell, equations)]
        held_back += len(hidden)
    assert held_back > 0


def test_longer_periods_tell_nothing_but_the_sums_of_their_months(exchange: Exchange, answered: list[Answered]) -> None:
    for name in (*PLACES, *OTHERS):
        months: dict[str, int] = defaultdict(int)
        left_out: dict[str, int] = defaultdict(int)
        for month in MONTHS:
            for key, group in told(exchange, name, month, month).items():
                months[key] += group["count"] or 0
                left_out[key] += group["suppressed"]
        for key, group in told(exchange, name, MONTHS[0], MONTHS[-1]).items():
            assert (group["count"] or 0, group["monthsLeftOut"]) == (months[key], left_out[key]), (name, key)


def test_periods_of_days_are_told_by_whole_months(exchange: Exchange, answered: list[Answered]) -> None:
    path = "/consultation/v1/lead-times?groupBy=county&from=2001-02-02&to=2001-04-29"

    report = exchange.send("umea", "GET", path).json()

    assert (report["from"], report["to"]) == ("2001-02-01", "2001-04-30")
    assert {group["key"]: group for group in report["groups"]} == told(exchange, "county", MONTHS[0], MONTHS[-1])


def test_types_within_another_municipality_are_never_told(exchange: Exchange, answered: list[Answered]) -> None:
    municipalities = [each.keys["municipality"] for each in answered if not each.own]
    large = Counter(code for code in municipalities if code != "none").most_common(1)[0][0]

    others = told(exchange, "type", MONTHS[0], MONTHS[-1], f"&municipalityCode={large}")
    by_municipality = told(exchange, "municipality", MONTHS[0], MONTHS[-1], "&type=consultation")
    own = told(exchange, "type", MONTHS[0], MONTHS[-1], "&municipalityCode=2480")

    assert all(group["suppressed"] for group in others.values())
    assert {key for key, group in by_municipality.items() if not group["suppressed"]} == {"2480"}
    expected = Counter(each.keys["type"] for each in answered if each.own)
    assert {key: group["count"] for key, group in own.items()} == expected


def test_no_percentile_of_others_tells_the_time_of_a_single_one(exchange: Exchange, answered: list[Answered]) -> None:
    shares = ["0", "1", "5", "15", "50", "85", "95", "99", "99.99", "100"]
    seen = {True: 0, False: 0}
    for name in PLACES:
        groups = told(exchange, name, MONTHS[0], MONTHS[0], f"&percentiles={','.join(shares)}")
        for key, group in groups.items():
            if group["suppressed"]:
                continue
            of_others = sum(each.month == MONTHS[0] and not each.own and each.keys[name] == key for each in answered)
            for share, shown in zip(shares, group["total"], strict=True):
                beyond = min(Fraction(share), 100 - Fraction(share)) / 100 * of_others
                may = of_others == 0 or beyond >= LEAST
                assert (shown["minutes"] is not None) == may, (name, key, share, of_others)
                seen[may] += 1
            assert all(
                [each["minutes"] is None for each in spread] == [each["minutes"] is None for each in group["total"]]
                for spread in group["turns"].values()
            )
    assert all(seen.values())
    own = exchange.send(
        "umea",
        "GET",
        "/consultation/v1/lead-times?from=2001-02-01&to=2001-02-28"
        "&groupBy=organisation&organisation=2120002627&percentiles=0,100",
    ).json()["groups"]
    assert [each["minutes"] for group in own for each in group["total"]] == [1, 1] * len(own)


def test_the_month_that_is_not_over_is_told_of_ones_own_alone(exchange: Exchange, answered: list[Answered]) -> None:
    today = exchange.clock().date()

    report = exchange.send("umea", "GET", f"/consultation/v1/lead-times?from={today.replace(day=1)}").json()

    assert report["groups"] == []


def test_the_answering_authority_is_told_everything(exchange: Exchange, answered: list[Answered]) -> None:
    path = "/consultation/v1/lead-times?from=2001-02-01&to=2001-04-30&groupBy=municipality"

    groups = exchange.send("dashboard", "GET", path, handler=None).json()["groups"]

    expected = Counter(each.keys["municipality"] for each in answered)
    assert {group["key"]: group["count"] for group in groups} == expected


@pytest.mark.requirement(16)
def test_requests_of_others_are_told_when_none_of_them_waits_any_more(
    exchange: Exchange, answered: list[Answered]
) -> None:
    outcomes = {"granted": "granted", "refused": "refused", "not_granted": "notGranted", "waiting": "waiting"}
    medians = []
    for name in ("none", "kind", "county", "municipality"):
        for month in MONTHS:
            asked = [each for each in answered if each.month == month and each.request]
            for key, group in told(exchange, name, month, month, of="physical-meetings").items():
                held = [each for each in asked if key == "all" or each.keys[name] == key]
                others = Counter(each.request for each in held if not each.own)
                if group["suppressed"]:
                    continue
                assert others["waiting"] == 0
                counted = Counter(each.request for each in held)
                assert {told_as: group[told_as] for told_as in outcomes.values()} == {
                    told_as: counted[outcome] for outcome, told_as in outcomes.items()
                }
                # The median of few would tell of one of them.
                may = others["granted"] == 0 or others["granted"] >= 2 * LEAST
                assert group["medianWorkingDays"] == (7 if may and counted["granted"] else None), (name, month, key)
                medians.append(may)
    assert set(medians) == {True, False}
    # Large enough to be told, and held back since some of it waits.
    last = [each for each in answered if each.month == MONTHS[-1] and each.keys["county"] == "22" and each.request]
    assert len(last) > 10
    assert told(exchange, "county", MONTHS[-1], MONTHS[-1], of="physical-meetings")["22"]["suppressed"]
