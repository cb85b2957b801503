"""Lead times through the door, against the independent reference."""

import asyncio
import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services import __main__ as samrad
from services.consultation.leadtimes.folding import forget_days
from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.leadtimes.recount import recount
from services.consultation.tables import WORKER_ROLE
from tests.exchange import Exchange, running_exchange
from tests.folding import as_role, cells, fold_all
from tests.reference.lead_times import UNTIL, Case, generate_cases, open_minutes, percentile, time_by_turn, turn_changes
from tests.sizes import sample_or_full

SEED = 20261121
BASE = "/consultation/v1/consultations"
TARGET_MINUTES = {"information_request": 18 * 60, "consultation": 27 * 60}
SWEDEN = ZoneInfo("Europe/Stockholm")
COUNTY = {"umea": "24", "malmo": "12"}
UNIT = {"umea": "af-24", "malmo": "af-12"}
MUNICIPALITY = {"umea": "2480", "malmo": "1280"}
SHARES = {50: Fraction("0.5"), 85: Fraction("0.85"), 95: Fraction("0.95")}
PATHS = {
    "claim": ("af-workbench", "claims", False),
    "ask_back": ("af-workbench", "questions", True),
    "reply": (None, "replies", True),
    "answer": ("af-workbench", "answers", True),
    "withdraw": (None, "withdrawals", False),
    "close": (None, "closures", False),
}


@dataclass(frozen=True)
class Played:
    """A product in which the cases have taken place, each at its own time."""

    exchange: Exchange
    cases: Sequence[Case]
    ids: Mapping[int, str]

    @property
    def answered(self) -> list[Case]:
        return [case for case in self.cases if answered_at(case) is not None]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """A product of its own, since the figures count everything that is in it."""
    cases = generate_cases(SEED, sample_or_full(20, 500))
    with running_exchange() as exchange:
        ids: dict[int, str] = {}
        versions: dict[int, int] = defaultdict(int)
        happenings = ((event.at, case, event.action) for case in cases for event in case.events)
        for at, played_case, action in sorted(happenings, key=lambda each: (each[0], each[1].number)):
            exchange.clock.stand_at(at)
            versions[played_case.number] += 1
            if action == "open":
                ids[played_case.number] = exchange.open(played_case.municipality, type=played_case.type)[
                    "consultationId"
                ]
            else:
                play(exchange, played_case, ids[played_case.number], action, versions[played_case.number] - 1)
        exchange.clock.stand_at(UNTIL)
        fold_all(exchange)
        yield Played(exchange, cases, ids)


def play(exchange: Exchange, case: Case, consultation_id: str, action: str, version: int) -> None:
    name, path, has_text = PATHS[action]
    body = {"text": "Text"} if has_text else None
    answer = exchange.send(name or case.municipality, "POST", f"{BASE}/{consultation_id}/{path}", body, version=version)
    assert answer.status_code == 200, (case, action, answer.text)


def answered_at(case: Case) -> datetime | None:
    return next((event.at for event in case.events if event.action == "answer"), None)


def parts(case: Case) -> dict[str, int]:
    """Minutes in all, of the authority and of the municipality, until it was heard of, and worked on, by the reference.

    Nobody releases, so it is worked on from the claim on whenever it is the authority's turn.
    """
    until = answered_at(case)
    assert until is not None
    by_turn = time_by_turn([change for change in turn_changes(case) if change[0] < until], until)
    return {
        "total": open_minutes(case.events[0].at, until),
        "answeringAuthority": by_turn.get("answering_authority", 0),
        "municipality": by_turn.get("municipality", 0),
        "firstResponse": open_minutes(case.events[0].at, taken_at(case, "ask_back", "answer")),
        "touch": by_turn["answering_authority"] - open_minutes(case.events[0].at, taken_at(case, "claim")),
    }


def taken_at(case: Case, *actions: str) -> datetime:
    """When the first of the actions was taken."""
    return next(event.at for event in case.events if event.action in actions)


def spread(minutes: Iterable[int]) -> list[dict[str, int]]:
    values = list(minutes)
    return [
        {"percentile": name, "minutes": floor(percentile(values, share) + Fraction(1, 2))}
        for name, share in SHARES.items()
    ]


@pytest.mark.requirement(11)
def test_each_lead_time_and_its_parts_equal_the_reference_to_the_minute(played: Played) -> None:
    for case in played.answered:
        answer = played.exchange.send(case.municipality, "GET", f"{BASE}/{played.ids[case.number]}")
        expected = parts(case)
        assert answer.json()["leadTime"] == {
            "totalMinutes": expected["total"],
            "answeringAuthorityMinutes": expected["answeringAuthority"],
            "municipalityMinutes": expected["municipality"],
        }, case


@pytest.mark.requirement(11)
@pytest.mark.parametrize("grouping", ["none", "municipality", "county", "type", "month"])
def test_percentiles_counts_and_shares_equal_the_reference(played: Played, grouping: str) -> None:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in played.answered:
        groups[key_of(case, grouping)].append(case)

    path = f"/consultation/v1/lead-times?from=2024-01-01&to=2026-01-31&groupBy={grouping}"
    report = played.exchange.send("dashboard", "GET", path, handler=None).json()

    assert report["groups"] == [expected_group(key, groups[key]) for key in sorted(groups)]


def expected_group(key: str, cases: Sequence[Case]) -> dict[str, Any]:
    measured = [parts(case) for case in cases]
    # The clock towards the target stands still while it is the municipality's turn.
    within = [
        each["answeringAuthority"] <= TARGET_MINUTES[case.type] for each, case in zip(measured, cases, strict=True)
    ]
    never = spread([0] * len(cases))
    return {
        "key": key,
        "suppressed": False,
        "monthsLeftOut": 0,
        "exact": True,
        "firstResponse": spread(each["firstResponse"] for each in measured),
        "touch": spread(each["touch"] for each in measured),
        "count": len(cases),
        "withinTarget": round(sum(within) / len(within), 4),
        "total": spread(each["total"] for each in measured),
        "turns": {
            "answeringAuthority": spread(each["answeringAuthority"] for each in measured),
            "municipality": spread(each["municipality"] for each in measured),
            "person": never,
            "post": never,
            "secrecyTest": never,
            "meeting": never,
        },
    }


def key_of(case: Case, grouping: str) -> str:
    at = answered_at(case)
    assert at is not None
    keys = {
        "none": "all",
        "municipality": MUNICIPALITY[case.municipality],
        "county": COUNTY[case.municipality],
        "type": case.type,
        "month": f"{at.astimezone(ZoneInfo('Europe/Stockholm')):%Y-%m}",
    }
    return keys[grouping]


@pytest.mark.requirement(11)
@pytest.mark.parametrize("grouping", ["none", "organisation", "unit", "county", "kind", "channel", "month"])
def test_a_recount_from_events_alone_equals_what_the_api_says(played: Played, grouping: str) -> None:
    async def counted(connection: AsyncConnection) -> list[dict[str, Any]]:
        first, last = date(2024, 1, 1), date(2026, 1, 31)
        return await recount(connection, first, last, grouping, ["0", "12.5", "50", "85", "100"])

    path = f"from=2024-01-01&to=2026-01-31&groupBy={grouping}&percentiles=0,12.5,50,85,100"
    report = figures(played, f"lead-times?{path}")

    groups = as_role(played.exchange, WORKER_ROLE, counted)
    assert groups
    shared = [{name: group[name] for name in groups[0]} for group in report["groups"]]
    assert shared == groups


@pytest.mark.requirement(11)
@pytest.mark.parametrize("grouping", ["day", "week"])
def test_days_and_weeks_of_the_last_400_days_sum_to_the_whole(played: Played, grouping: str) -> None:
    first = (UNTIL - timedelta(days=390)).date()

    parts = figures(played, f"lead-times?from={first}&groupBy={grouping}")["groups"]
    whole = figures(played, f"lead-times?from={first}")["groups"]

    assert sum(part["count"] for part in parts) == (whole[0]["count"] if whole else 0)


@pytest.mark.requirement(11)
def test_throughput_counts_what_came_and_went_in_each_month(played: Played) -> None:
    expected: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("opened", "answered", "withdrawn"), 0))
    names = {"open": "opened", "answer": "answered", "withdraw": "withdrawn"}
    for case in played.cases:
        for event in case.events:
            if event.action in names:
                expected[f"{event.at.astimezone(SWEDEN):%Y-%m}"][names[event.action]] += 1

    groups = figures(played, "throughput?from=2024-01-01&to=2026-01-31")["groups"]

    found = {group["key"]: {name: group[name] for name in names.values()} for group in groups}
    assert {key: each for key, each in found.items() if any(each.values())} == expected


@pytest.mark.requirement(11)
def test_cumulative_flow_tells_how_many_were_in_each_state_when_a_day_ended(played: Played) -> None:
    states = {"open": "received", "claim": "in_progress", "ask_back": "waiting_for_municipality"}
    states |= {"reply": "in_progress", "answer": "answered", "withdraw": "withdrawn", "close": "closed"}
    first = (UNTIL - timedelta(days=20)).date()

    flow = figures(played, f"cumulative-flow?from={first}")["days"]

    assert flow[0]["day"] == str(first)
    for day in flow:
        expected: dict[str, int] = defaultdict(int)
        for case in played.cases:
            done = [event for event in case.events if str(event.at.astimezone(SWEDEN).date()) <= day["day"]]
            if done:
                expected[states[done[-1].action]] += 1
        assert {state: number for state, number in day["states"].items() if number} == expected


def test_each_figure_is_drilled_to_its_consultations_and_their_events(played: Played) -> None:
    chosen = {case.number for case in played.answered if case.municipality == "umea"}
    path = "lead-times/consultations?from=2024-01-01&to=2026-01-31"

    for client, handler, narrowed in (("umea", "hl-1", ""), ("af-workbench", "hl-1", "&municipalityCode=2480")):
        found: list[dict[str, Any]] = []
        address = f"/consultation/v1/{path}{narrowed}&limit=7"
        while address:
            page = played.exchange.send(client, "GET", address, handler=handler).json()
            found += page["consultations"]
            address = page["_links"].get("next", {"href": ""})["href"].removeprefix(played.exchange.base_url)
        assert {each["consultationId"] for each in found} == {played.ids[number] for number in chosen}
        assert len(found) == len(chosen)
        assert [each["answeredAt"] for each in found] == sorted((each["answeredAt"] for each in found), reverse=True)
        events = found[0]["_links"]["events"]["href"].partition("/consultation/")[2]
        assert played.exchange.send(client, "GET", f"/consultation/{events}").status_code == 200


def test_a_figure_is_drilled_no_further_than_one_may_read(played: Played) -> None:
    path = "/consultation/v1/lead-times/consultations?from=2024-01-01&to=2026-01-31"

    of_others = played.exchange.send("umea", "GET", f"{path}&municipalityCode=1280").json()
    without_scope = played.exchange.send("dashboard", "GET", path)

    assert of_others["consultations"] == []
    assert (without_scope.status_code, without_scope.json()["code"]) == (403, "scope_missing")


def test_a_table_holds_the_same_figures(played: Played) -> None:
    path = "/consultation/v1/lead-times?from=2024-01-01&to=2026-01-31&groupBy=municipality&percentiles=85"
    report = figures(played, path.rpartition("/")[2])

    by_parameter = played.exchange.send("dashboard", "GET", f"{path}&format=csv", handler=None)
    by_header = played.exchange.send("dashboard", "GET", path, handler=None, headers={"Accept": "text/csv"})

    assert by_parameter.headers["content-type"] == "text/csv; charset=utf-8"
    assert by_parameter.text == by_header.text
    rows = list(csv.DictReader(io.StringIO(by_parameter.text)))
    assert [(row["key"], int(row["count"]), int(row["minutes"])) for row in rows if row["measure"] == "total"] == [
        (group["key"], group["count"], group["total"][0]["minutes"]) for group in report["groups"]
    ]


@pytest.mark.requirement(12)
def test_the_delay_report_names_the_causes_and_an_intervention_shows_both_sides(played: Played) -> None:
    body = {"name": "Enklare motfrågor", "day": "2025-06-01"}
    made = played.exchange.send("af-lead", "POST", "/consultation/v1/interventions", body, key="intervention-1")
    assert made.status_code == 201, made.text

    (shown,) = figures(played, "interventions?days=90")["interventions"]
    reasons = figures(played, "delay-reasons?from=2024-01-01&to=2026-01-31&groupBy=county")

    for side, first, last in (("before", "2025-03-03", "2025-05-31"), ("after", "2025-06-01", "2025-08-29")):
        within = [case for case in played.answered if first <= str(answered_day(case)) <= last]
        totals = [parts(case)["total"] for case in within]
        assert (shown[side]["from"], shown[side]["to"], shown[side]["count"]) == (first, last, len(within))
        expected = floor(percentile(totals, SHARES[85]) + Fraction(1, 2)) if totals else None
        assert shown[side]["minutes"] == expected
    assert all(len(group["causes"]) <= 3 for group in reasons["groups"])


@pytest.mark.requirement(12)
def test_an_intervention_is_shown_as_soon_as_it_is_registered_however_lately_the_list_was_made(played: Played) -> None:
    before = figures(played, "interventions?days=60")["interventions"]
    coming = {"name": "Ny arbetsordning", "day": "2099-01-01", "units": ["af-24"]}
    made = played.exchange.send("af-lead", "POST", "/consultation/v1/interventions", coming, key="intervention-5")
    assert made.status_code == 201, made.text

    after = figures(played, "interventions?days=60")["interventions"]

    assert after[1:] == before
    assert (after[0]["interventionId"], after[0]["units"]) == (made.json()["interventionId"], ["af-24"])
    assert (after[0]["before"]["count"], after[0]["before"]["minutes"], after[0]["after"]) == (0, None, None)


def test_interventions_of_different_units_are_each_told_their_own_sides(played: Played) -> None:
    units = [
        group["key"] for group in figures(played, "lead-times?from=2024-01-01&to=2026-01-31&groupBy=unit")["groups"]
    ]
    mixed = [("2025-04-01", units[:1]), ("2025-06-02", []), ("2025-08-01", units[:1]), ("2025-10-01", units[1:])]
    for number, (day, concerned) in enumerate(mixed):
        body = {"name": f"Insats {number}", "day": day, "units": concerned}
        made = played.exchange.send("af-lead", "POST", "/consultation/v1/interventions", body, key=f"mixed-{number}")
        assert made.status_code == 201, made.text

    shown = [
        each for each in figures(played, "interventions?days=120")["interventions"] if each["name"][:6] == "Insats"
    ]

    assert [(each["day"], each["units"]) for each in reversed(shown)] == mixed
    counts = set()
    for each in shown:
        for side in (each["before"], each["after"]):
            counts.add(side["count"])
            asked = f"lead-times?from={side['from']}&to={side['to']}"
            by_unit = {group["key"]: group["count"] for group in figures(played, f"{asked}&groupBy=unit")["groups"]}
            assert side["count"] == sum(by_unit.get(unit, 0) for unit in each["units"] or by_unit)
    assert len(counts) > 2, "the sides are too much alike to be told apart"


def test_who_leads_nothing_registers_no_intervention(played: Played) -> None:
    body = {"name": "En insats", "day": "2025-06-01"}
    path = "/consultation/v1/interventions"

    refused = played.exchange.send("dashboard", "POST", path, body, key="intervention-2", handler=None)
    numbered = {**body, "name": "om 189001019802"}
    malformed = played.exchange.send("af-lead", "POST", path, numbered, key="intervention-3")
    boundless = played.exchange.send("af-lead", "POST", path, {**body, "day": "0001-01-01"}, key="intervention-4")

    assert (refused.status_code, refused.json()["requiredScope"]) == (403, "samrad:queue.lead")
    assert (malformed.status_code, malformed.json()["code"]) == (422, "malformed_request")
    assert "189001019802" not in malformed.text
    assert (boundless.status_code, boundless.json()["code"]) == (422, "malformed_request")


@pytest.mark.requirement(14)
def test_the_monthly_report_tells_manual_minutes_and_answers_without_any(played: Played) -> None:
    groups = figures(played, "manual-work?from=2024-01-01&to=2026-01-31")["groups"]

    assert sum(group["answeredWithoutManualStep"] for group in groups) == len(played.answered)
    assert sum(group["minutes"] for group in groups) == 0


def test_of_others_the_sums_are_not_told_and_lead_times_are_by_whole_months(played: Played) -> None:
    own = [case for case in played.answered if case.municipality == "umea"]

    refused = played.exchange.send("umea", "GET", "/consultation/v1/throughput?municipalityCode=1280")
    by_day = played.exchange.send("umea", "GET", "/consultation/v1/lead-times?from=2025-06-01&groupBy=day")
    mine = figures(played, "throughput?from=2024-01-01&to=2026-01-31&groupBy=none", "umea")["groups"]
    times = figures(played, "lead-times?from=2024-01-01&to=2026-01-31&municipalityCode=2480", "umea")["groups"]

    for answer in (refused, by_day):
        assert (answer.status_code, answer.json()["code"]) == (403, "figures_withheld")
    assert mine[0]["answered"] == len(own)
    assert times == [expected_group("all", own)]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("lead-times?groupBy=unit&countyCode=24", "cut_not_kept"),
        ("lead-times?unit=nord&type=consultation", "cut_not_kept"),
        ("lead-times?from=2024-01-01&groupBy=day", "period_invalid"),
        ("cumulative-flow?from=2024-01-01&to=2024-02-01", "period_invalid"),
        ("lead-times?percentiles=50,,85", "malformed_request"),
        ("lead-times?percentiles=100.5", "malformed_request"),
        ("lead-times?percentiles=NaN", "malformed_request"),
        ("lead-times?from=9999-12-31&to=9999-12-31", "period_invalid"),
        ("throughput?groupBy=hour", "malformed_request"),
        ("ageing?groupBy=month", "malformed_request"),
        ("interventions?days=0", "malformed_request"),
        ("demand?unit=nord", "figures_withheld"),
    ],
)
def test_what_can_not_be_told_is_refused(played: Played, path: str, code: str) -> None:
    refused = played.exchange.send("dashboard", "GET", f"/consultation/v1/{path}", handler=None)

    assert refused.json()["code"] == code


@pytest.mark.requirement(11)
def test_ageing_tells_the_same_open_consultations_by_unit(played: Played) -> None:
    units = {"umea": "af-24", "malmo": "af-12-b"}
    ended = {"answer", "close", "withdraw"}
    still_open = Counter(units[case.municipality] for case in played.cases if case.events[-1].action not in ended)

    ageing = figures(played, "ageing")["groups"]

    assert {group["key"]: group["count"] for group in ageing} == still_open
    assert figures(played, "work-in-progress")["count"] == still_open.total()


def test_the_command_recounts_what_the_api_says(
    played: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = "SAMRAD_CONSULTATION_WORKER_DATABASE_URL"
    monkeypatch.setenv(setting, played.exchange.environment[setting])
    period = ["--from", "2024-01-01", "--to", "2026-01-31"]

    assert samrad.main(["lead-times", "recount", *period, "--group-by", "county", "--percentiles", "85"]) == 0
    recounted = json.loads(capsys.readouterr().out)
    report = figures(played, "lead-times?from=2024-01-01&to=2026-01-31&groupBy=county&percentiles=85")
    assert [(group["key"], group["count"], group["total"]) for group in recounted["groups"]] == [
        (group["key"], group["count"], group["total"]) for group in report["groups"]
    ]


def test_rebuilding_changes_no_figure(played: Played) -> None:
    async def forget(connection: AsyncConnection) -> None:
        await forget_days(connection, UNTIL)

    as_role(played.exchange, WORKER_ROLE, forget)
    before = cells(played.exchange)

    asyncio.run(rebuild(played.exchange.postgres.url("consultation", WORKER_ROLE), UNTIL))

    assert cells(played.exchange) == before


def figures(played: Played, path: str, client: str = "dashboard") -> dict[str, Any]:
    handler = None if client == "dashboard" else "hl-1"
    answer = played.exchange.send(client, "GET", f"/consultation/v1/{path}", handler=handler)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def answered_day(case: Case) -> date:
    at = answered_at(case)
    assert at is not None
    return at.astimezone(SWEDEN).date()


@pytest.mark.requirement(11)
def test_a_cut_and_a_period_take_their_part_and_no_more(played: Played) -> None:
    chosen = [
        case
        for case in played.answered
        if case.municipality == "umea"
        and case.type == "consultation"
        and key_of(case, "month") in ("2024-10", "2024-11", "2024-12")
    ]
    path = "/consultation/v1/lead-times?from=2024-10-01&to=2024-12-31&municipalityCode=2480&type=consultation"

    groups = played.exchange.send("dashboard", "GET", path, handler=None).json()["groups"]

    assert groups == ([expected_group("all", chosen)] if chosen else [])


@pytest.mark.requirement(11)
def test_open_consultations_are_counted_by_turn_and_age_in_working_days(played: Played) -> None:
    expected: dict[tuple[str, int | None], int] = defaultdict(int)
    for case in played.cases:
        last = turn_changes(case)[-1][1]
        if last == "nobody":
            continue
        age = open_minutes(case.events[0].at, UNTIL)
        bucket = next((days for days in (1, 3, 5, 10, 20) if age <= days * 9 * 60), None)
        expected[last, bucket] += 1

    answer = played.exchange.send("dashboard", "GET", "/consultation/v1/work-in-progress", handler=None).json()

    assert {(each["turn"], each["upToWorkingDays"]): each["count"] for each in answer["ages"]} == expected
    assert answer["count"] == sum(expected.values())


@pytest.mark.requirement(11)
def test_anyone_can_count_a_lead_time_again_from_the_events(played: Played) -> None:
    for case in played.answered[:20]:
        path = f"{BASE}/{played.ids[case.number]}/events"
        events = played.exchange.send("af-workbench", "GET", path).json()["events"]
        changes = [(datetime.fromisoformat(each["at"]).astimezone(UTC), each["turn"]) for each in events]
        until = next(at for at, turn in changes if turn == "nobody")
        counted = time_by_turn([(at, turn) for at, turn in changes if at < until], until)
        expected = parts(case)
        assert counted.get("answering_authority", 0) == expected["answeringAuthority"]
        assert counted.get("municipality", 0) == expected["municipality"]


def test_a_dashboard_needs_no_proof_and_sees_no_person(exchange: Exchange) -> None:
    token = exchange.client("dashboard").token_for("/consultation/v1/lead-times")
    assert token.scheme == "Bearer"

    refused = exchange.send("dashboard", "GET", BASE)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


def test_periods_turned_around_or_boundless_are_refused(exchange: Exchange) -> None:
    for period in ("from=2026-02-01&to=2026-01-01", "from=1900-01-01&to=2026-01-01"):
        refused = exchange.send("dashboard", "GET", f"/consultation/v1/lead-times?{period}", handler=None)
        assert (refused.status_code, refused.json()["code"]) == (422, "period_invalid")


def test_a_consultation_is_overdue_from_its_due_date_on(exchange: Exchange) -> None:
    # In working hours, so that nothing else is due in the same second.
    exchange.clock.stand_at(datetime(2026, 11, 17, 10, 17, 23, tzinfo=UTC))
    due = datetime.fromisoformat(exchange.open()["dueAt"])

    def overdue(at: datetime) -> int:
        exchange.clock.stand_at(at)
        answer = exchange.send("dashboard", "GET", "/consultation/v1/work-in-progress", handler=None).json()
        return int(answer["overdue"])

    # An answer is told again within its minute.
    assert overdue(due + timedelta(minutes=1)) == overdue(due) + 1
