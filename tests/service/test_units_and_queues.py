"""Which unit and queue a consultation comes to, and who sees what comes to a queue of its own."""

import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import httpx
import pytest

from services.agreements.days import swedish_day
from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.simulator.persons import PERSONS
from tests.attack.support import CONSULTATIONS, act, sql
from tests.exchange import NOBODY, Exchange
from tests.reading import whole_list
from tests.service.test_process import FORMS

MOVES = "/agreements/v1/unit-moves"


def placed(exchange: Exchange, receipt: dict[str, Any]) -> tuple[str, str, str | None]:
    """Unit, queue and what it is hidden as. Nobody outside is told."""
    query = "SELECT unit, queue, restricted FROM consultation WHERE id = $1"
    (row,) = sql(exchange, query, uuid.UUID(receipt["consultationId"]))
    return row["unit"], row["queue"], row["restricted"]


def typed(exchange: Exchange, kind: str, name: str = "umea") -> dict[str, Any]:
    """A question of the type, with the form that it asks for."""
    form = FORMS.get(kind)
    return exchange.open(name, type=kind, details=form and {"type": kind, **form})


def units_of_events(exchange: Exchange, receipt: dict[str, Any]) -> list[str]:
    query = "SELECT unit FROM consultation_event WHERE consultation_id = $1 ORDER BY sequence"
    return [row["unit"] for row in sql(exchange, query, uuid.UUID(receipt["consultationId"]))]


def opened_by_unit(exchange: Exchange, municipality: str, before: datetime) -> dict[str, int]:
    """What has been opened before an instant, counted by unit."""
    query = """
        SELECT unit, count(*) AS number FROM consultation
        WHERE municipality_code = $1 AND opened_at < $2 GROUP BY unit
    """
    return {row["unit"]: row["number"] for row in sql(exchange, query, municipality, before)}


@pytest.mark.requirement(39, 78)
@pytest.mark.parametrize(
    ("kind", "unit", "queue"),
    [
        ("information_request", "af-24", "general"),
        ("consultation", "af-24", "general"),
        ("decision_interpretation", "af-24", "general"),
        ("joint_planning", "af-24", "general"),
        ("employer_contact", "af-employer-north", "employer"),
        ("study_transition", "af-studies", "studies"),
    ],
)
def test_a_consultation_comes_to_the_unit_with_the_competence_for_it(
    exchange: Exchange, kind: str, unit: str, queue: str
) -> None:
    assert placed(exchange, typed(exchange, kind)) == (unit, queue, None)


@pytest.mark.requirement(78)
def test_an_employer_question_is_answered_and_measured_like_any_other(exchange: Exchange) -> None:
    exchange.clock.move_to(datetime(2026, 11, 16, 10, tzinfo=SWEDEN))  # a Monday
    receipt = typed(exchange, "employer_contact")

    assert act(exchange, "af-workbench", receipt, "claims", 1).status_code == 200
    exchange.clock.move_to(datetime(2026, 11, 16, 12, tzinfo=SWEDEN))
    assert act(exchange, "af-workbench", receipt, "answers", 2, "svar").status_code == 200

    query = "SELECT unit, round(total_seconds / 60.0)::int AS minutes FROM consultation WHERE id = $1"
    (row,) = sql(exchange, query, uuid.UUID(receipt["consultationId"]))
    assert (row["unit"], row["minutes"]) == ("af-employer-north", 120)


def test_a_fund_s_question_comes_to_the_national_unit(exchange: Exchange) -> None:
    receipt = exchange.open("akassa", type="information_request", purpose="unemployment_insurance")

    assert placed(exchange, receipt) == ("national", "general", None)


# --- a municipality moves --------------------------------------------------------------------------------------


def registered(
    exchange: Exchange, organisation: str, came: datetime, name: str = "af-workbench", **changes: Any
) -> httpx.Response:
    """A call that a handler writes down."""
    body = {
        "askingOrganisation": organisation,
        "type": "information_request",
        "purpose": "financial_aid_application",
        "caseReference": "EB-TELEFON",
        "person": PERSONS["complete"].number,
        "question": "Är personen kvar i programmet?",
        "happenedAt": came.isoformat(),
        "minutes": 6,
        **changes,
    }
    return exchange.send(name, "POST", "/consultation/v1/registrations", body)


@pytest.fixture
def midnight(exchange: Exchange) -> Iterator[datetime]:
    """One in Sweden at which Malmö moved to another unit, a week ago: others' newest entries are to stay the newest."""
    exchange.clock.move_to(exchange.clock() - timedelta(days=10))
    day = swedish_day(exchange.clock()) + timedelta(days=2)
    body = {"municipalityCode": "1280", "competence": "general", "unit": "af-12-a", "validFrom": day.isoformat()}
    planned = exchange.send("af-manager", "POST", MOVES, body)
    assert planned.status_code == 201, planned.text
    yield datetime.combine(day, time(), SWEDEN)
    sql(exchange, "DELETE FROM unit_assignment WHERE created_by IS NOT NULL", database="agreements")


@pytest.mark.requirement(39)
def test_a_move_changes_the_queue_from_its_day_and_no_figure_before_it(exchange: Exchange, midnight: datetime) -> None:
    exchange.clock.move_to(midnight - timedelta(seconds=2))
    before = exchange.open("malmo")
    counted = opened_by_unit(exchange, "1280", midnight)

    # So soon after that the decision would still be kept, if a decision were kept over midnight.
    exchange.clock.move_to(midnight + timedelta(seconds=1))
    after = exchange.open("malmo")
    others = [typed(exchange, "employer_contact", "malmo"), exchange.open("umea")]

    assert placed(exchange, before) == ("af-12-b", "general", None)
    assert placed(exchange, after) == ("af-12-a", "general", None)
    assert [placed(exchange, receipt)[0] for receipt in others] == ["af-employer-south", "af-24"]
    # What is done afterwards with the one from before is still its unit's.
    assert act(exchange, "af-workbench", before, "claims", 1).status_code == 200
    assert act(exchange, "af-workbench", before, "answers", 2, "svar").status_code == 200
    assert units_of_events(exchange, before) == ["af-12-b"] * 3
    assert opened_by_unit(exchange, "1280", midnight) == counted


@pytest.mark.requirement(39)
def test_a_call_that_is_registered_after_the_move_comes_to_the_unit_of_the_day_it_came(
    exchange: Exchange, midnight: datetime
) -> None:
    exchange.clock.move_to(midnight + timedelta(hours=1))
    units = [
        placed(exchange, registered(exchange, "2120001124", came).json())[0]
        for came in (midnight - timedelta(minutes=10), midnight + timedelta(minutes=10))
    ]

    assert units == ["af-12-b", "af-12-a"]


@pytest.mark.requirement(39)
def test_a_move_that_was_withdrawn_changes_nothing(exchange: Exchange, midnight: datetime) -> None:
    (planned,) = exchange.send("af-manager", "GET", f"{MOVES}?state=planned").json()["items"]
    path = f"{MOVES}/{planned['moveId']}/withdrawals"
    assert exchange.send("af-manager", "POST", path, version=1).json()["state"] == "withdrawn"

    exchange.clock.move_to(midnight + timedelta(hours=9))

    assert placed(exchange, exchange.open("malmo"))[0] == "af-12-b"


# --- a queue of its own ------------------------------------------------------------------------------------------


@pytest.fixture
def from_prison(exchange: Exchange) -> dict[str, Any]:
    """What Kriminalvården has asked."""
    return exchange.open("kriminalvarden", type="information_request", purpose="release_planning")


def in_queue(exchange: Exchange, name: str, receipt: dict[str, Any]) -> bool:
    return receipt["consultationId"] in {each["consultationId"] for each in whole_list(exchange, name, "queue")}


def nothing_there(answer: httpx.Response, nobodys: httpx.Response) -> bool:
    """Whether the two are refused in the same words, as what does not exist is."""
    told = [{**each.json(), "instance": ""} for each in (answer, nobodys)]
    return answer.status_code == nobodys.status_code == 404 and told[0] == told[1]


@pytest.mark.requirement(92)
def test_only_handlers_with_the_queue_of_corrections_see_what_comes_to_it(
    exchange: Exchange, from_prison: dict[str, Any]
) -> None:
    assert placed(exchange, from_prison) == ("af-corrections", "corrections", "corrections")

    assert in_queue(exchange, "af-corrections", from_prison)
    assert not in_queue(exchange, "af-workbench", from_prison)


@pytest.mark.requirement(92)
@pytest.mark.parametrize("name", ["af-workbench", "umea"])
def test_for_whoever_lacks_the_scope_it_does_not_exist(
    exchange: Exchange, from_prison: dict[str, Any], name: str
) -> None:
    theirs, nobodys = (f"{CONSULTATIONS}/{each}" for each in (from_prison["consultationId"], NOBODY))

    for below in ("", "/events"):
        assert nothing_there(exchange.send(name, "GET", theirs + below), exchange.send(name, "GET", nobodys + below))
    if name == "af-workbench":
        nobody = {"consultationId": NOBODY}
        for action, text in (("claims", None), ("questions", "vad?"), ("answers", "svar"), ("releases", None)):
            answers = [act(exchange, name, each, action, 1, text) for each in (from_prison, nobody)]
            assert nothing_there(*answers), action
    assert units_of_events(exchange, from_prison) == ["af-corrections"]


@pytest.mark.requirement(92)
def test_with_the_scope_it_is_worked_on_like_any_other_and_the_asker_follows_it(
    exchange: Exchange, from_prison: dict[str, Any]
) -> None:
    path = f"{CONSULTATIONS}/{from_prison['consultationId']}"

    assert act(exchange, "af-corrections", from_prison, "claims", 1).status_code == 200
    assert exchange.send("af-corrections", "GET", path).json()["state"] == "in_progress"
    assert act(exchange, "af-corrections", from_prison, "answers", 2, "svar").status_code == 200
    listed = whole_list(exchange, "kriminalvarden", "consultations")
    assert from_prison["consultationId"] in {each["consultationId"] for each in listed}
    assert exchange.send("kriminalvarden", "GET", path).json()["state"] == "answered"
    assert act(exchange, "kriminalvarden", from_prison, "closures", 3).status_code == 200


@pytest.mark.requirement(92)
def test_a_call_from_kriminalvarden_is_written_down_by_who_may_see_it(exchange: Exchange) -> None:
    came, asked = exchange.clock() - timedelta(minutes=9), {"purpose": "release_planning"}

    refused = registered(exchange, "2021000225", came, **asked)
    made = registered(exchange, "2021000225", came, "af-corrections", **asked)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert refused.json()["requiredScope"] == "samrad:queue.corrections"
    assert made.status_code == 201, made.text
    assert placed(exchange, made.json()) == ("af-corrections", "corrections", "corrections")


@pytest.fixture
def without_units(exchange: Exchange) -> Iterator[None]:
    """The register has no unit for anything."""
    tables = ("unit_assignment", "unit_for_asker")
    for table in tables:
        sql(exchange, f"UPDATE {table} SET valid_from = valid_from + 36500", database="agreements")
    # What has been decided is kept for a few seconds from then on.
    exchange.clock.move_to(exchange.clock() - timedelta(hours=1))
    yield
    for table in tables:
        sql(exchange, f"UPDATE {table} SET valid_from = valid_from - 36500", database="agreements")


@pytest.mark.usefixtures("without_units")
@pytest.mark.requirement(92)
def test_what_no_unit_is_assigned_to_comes_to_the_national_one_in_its_own_queue(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    assert placed(exchange, typed(exchange, "employer_contact")) == ("national", "employer", None)
    asked = exchange.open("kriminalvarden", type="information_request", purpose="release_planning")

    assert placed(exchange, asked) == ("national", "corrections", "corrections")
    assert {record.message for record in caplog.records if record.name == "consultations"} == {"no unit handles this"}
