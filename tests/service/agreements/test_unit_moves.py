"""Moving a municipality to another unit from a day on, and taking a planned move back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.agreements.database import Urls, run_sql
from tests.service.agreements.door import AF, AUDIT, MOVE_UNITS, READ, UMEA, USUAL_NOW, Door
from tests.sizes import sample_or_full

TREE_BEGINS = date(2022, 1, 1)
DAYS = st.integers(1, 6).map(lambda number: date(2026, 3, number))
UNITS = st.sampled_from(["af-23", "af-24", "af-25"])


def forget_moves(loaded: Urls) -> None:
    run_sql(loaded.superuser, "DELETE FROM unit_assignment WHERE created_by IS NOT NULL")


@pytest.fixture(autouse=True)
def as_it_was(loaded: Urls) -> Iterator[None]:
    """What a test has moved is forgotten."""
    yield
    forget_moves(loaded)


def body(**changes: Any) -> dict[str, Any]:
    return {
        "municipalityCode": "2480",
        "competence": "general",
        "unit": "af-25",
        "validFrom": "2026-03-01",
        **changes,
    }


def move(door: Door, organisation: str = AF, *, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return door.post(
        "/unit-moves", body(**changes), organisation=organisation, scopes=[MOVE_UNITS], actor="afc-1", headers=headers
    )


def moved(door: Door, **changes: Any) -> dict[str, Any]:
    answer = move(door, **changes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def withdraw(door: Door, move_id: str, organisation: str = AF, *, version: int | None = 1) -> httpx.Response:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    path = f"/unit-moves/{move_id}/withdrawals"
    return door.send("POST", path, organisation=organisation, scopes=[MOVE_UNITS], actor="afc-2", headers=headers)


def read(door: Door, path: str, organisation: str = AF) -> httpx.Response:
    return door.get(path, organisation=organisation, scopes=[MOVE_UNITS])


def unit_on(door: Door, day: str, code: str = "2480", competence: str = "general") -> tuple[str, str, str | None]:
    (found,) = door.get(f"/routing?municipalityCode={code}&competence={competence}&on={day}").json()["items"]
    return found["unit"], found["validFrom"], found["validTo"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.requirement(39)
def test_a_move_holds_from_its_day_and_nothing_changes_before_it(door: Door) -> None:
    created = move(door)

    assert created.status_code == 201
    made = created.json()
    assert created.headers["Location"].endswith(f"/agreements/v1/unit-moves/{made['moveId']}")
    assert created.headers["ETag"] == '"1"'
    assert (made["previousUnit"], made["unit"], made["state"], made["madeBy"]) == ("af-24", "af-25", "planned", "afc-1")
    assert unit_on(door, "2026-02-28") == ("af-24", "2022-01-01", "2026-02-28")
    assert unit_on(door, "2026-03-01") == ("af-25", "2026-03-01", None)
    assert unit_on(door, "2026-03-01", competence="employer") == ("af-employer-north", "2022-01-01", None)
    assert unit_on(door, "2026-03-01", code="2482") == ("af-24", "2022-01-01", None)
    handled = door.get("/units/af-25?on=2026-03-01").json()["municipalities"]
    assert "2480" in {each["municipalityCode"] for each in handled}


def test_a_planned_move_is_withdrawn_and_the_unit_before_keeps_the_municipality(door: Door) -> None:
    first, second = moved(door), moved(door, unit="af-23", validFrom="2026-04-01")
    assert (second["previousUnit"], unit_on(door, "2026-05-01")[0]) == ("af-25", "af-23")

    answer = withdraw(door, first["moveId"])

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert (answer.json()["state"], answer.json()["withdrawnBy"]) == ("withdrawn", "afc-2")
    assert unit_on(door, "2026-03-15") == ("af-24", "2022-01-01", "2026-03-31")
    assert read(door, f"/unit-moves/{second['moveId']}").json()["previousUnit"] == "af-24"
    # The day is free again.
    assert moved(door, unit="af-22")["state"] == "planned"


def test_a_withdrawal_needs_the_version_that_was_read(door: Door) -> None:
    made = moved(door)
    path = f"/unit-moves/{made['moveId']}"
    assert read(door, path).headers["ETag"] == '"1"'

    assert refusal(withdraw(door, made["moveId"], version=None)) == (428, "precondition_required")
    assert refusal(withdraw(door, made["moveId"], version=2)) == (412, "version_changed")
    assert read(door, path).json()["state"] == "planned"
    assert withdraw(door, made["moveId"]).status_code == 200
    assert refusal(withdraw(door, made["moveId"])) == (412, "version_changed")
    again = withdraw(door, made["moveId"], version=2)
    assert (again.status_code, again.json()["version"]) == (200, 2)


def test_a_move_that_has_begun_is_not_withdrawn(door: Door) -> None:
    made = moved(door, validFrom="2026-02-03")

    # Half past midnight in Sweden on its first day.
    with door.clock.at(datetime(2026, 2, 2, 23, 30, tzinfo=UTC)):
        assert refusal(withdraw(door, made["moveId"])) == (409, "move_has_begun")
        assert read(door, f"/unit-moves/{made['moveId']}").json()["state"] == "begun"
    assert unit_on(door, "2026-02-03")[0] == "af-25"


@pytest.mark.parametrize(
    ("organisation", "changes", "status", "code"),
    [
        (AF, {"validFrom": "2026-02-01"}, 422, "move_period_invalid"),
        (AF, {"validFrom": "2026-02-02"}, 422, "move_period_invalid"),
        (AF, {"validFrom": "2029-02-03"}, 422, "move_period_invalid"),
        (AF, {"validFrom": "9999-12-31"}, 422, "move_period_invalid"),
        (AF, {"municipalityCode": "9999"}, 409, "municipality_unknown"),
        (AF, {"unit": "af-99"}, 409, "unit_unknown"),
        (AF, {"unit": "af-north"}, 409, "unit_unknown"),
        (AF, {"unit": "af-24"}, 409, "already_with_unit"),
        (UMEA, {}, 403, "not_own_units"),
        (AF, {"validFrom": "soon"}, 422, "malformed_request"),
        (AF, {"competence": "surgery"}, 422, "malformed_request"),
        (AF, {"unit": "AF 25"}, 422, "malformed_request"),
        (AF, {"municipalityCode": 2480}, 422, "malformed_request"),
        (AF, {"madeBy": "mayor"}, 422, "malformed_request"),
    ],
)
def test_what_cannot_be_moved_is_refused_and_nothing_is_kept(
    door: Door, organisation: str, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = move(door, organisation, **changes)

    assert refusal(answer) == (status, code)
    if code == "move_period_invalid":
        assert (answer.json()["earliest"], answer.json()["latest"]) == ("2026-02-03", "2029-02-02")
    assert read(door, "/unit-moves").json()["items"] == []


def test_two_moves_of_the_same_never_begin_on_the_same_day(door: Door) -> None:
    units = ["af-25", "af-23", "af-22", "af-21"]
    with ThreadPoolExecutor(len(units)) as pool:
        answers = list(pool.map(lambda unit: move(door, unit=unit), units))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"move_already_planned"}
    assert move(door, competence="employer", unit="af-employer-south").status_code == 201


@pytest.mark.requirement(39)
@settings(max_examples=sample_or_full(8, 100), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["move", "move", "withdraw"]), DAYS, UNITS), min_size=1, max_size=8))
def test_whatever_is_moved_and_withdrawn_each_day_has_the_unit_that_began_last(
    door: Door, loaded: Urls, steps: list[tuple[str, date, str]]
) -> None:
    forget_moves(loaded)
    begins: dict[date, tuple[str, str]] = {}
    for step, day, unit in steps:
        if step == "withdraw" and day in begins:
            assert withdraw(door, begins.pop(day)[1]).status_code == 200
        elif step == "move":
            before = max((each for each in begins if each <= day), default=None)
            current = begins[before][0] if before else "af-24"
            expected = 409 if day in begins or current == unit else 201
            answer = move(door, unit=unit, validFrom=day.isoformat())
            assert answer.status_code == expected, answer.text
            if expected == 201:
                begins[day] = (unit, answer.json()["moveId"])

    firsts = sorted(begins)
    for first, following in zip([TREE_BEGINS, *firsts], [*firsts, None], strict=True):
        unit = begins[first][0] if first in begins else "af-24"
        last = following and following - timedelta(days=1)
        for day in {first, last or first + timedelta(days=30)}:
            assert unit_on(door, day.isoformat()) == (unit, first.isoformat(), last and last.isoformat())


def test_a_move_sent_twice_with_a_key_is_made_once(door: Door) -> None:
    first, second = move(door, key="move-1"), move(door, key="move-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(read(door, "/unit-moves").json()["items"]) == 1


def test_moves_are_listed_by_state_a_page_at_a_time(door: Door) -> None:
    made = []
    for day in (1, 2, 3):
        with door.clock.at(USUAL_NOW + timedelta(seconds=day)):
            made.append(moved(door, validFrom=f"2026-03-0{day}", unit=f"af-2{day}")["moveId"])
    withdraw(door, made[1])

    first = read(door, "/unit-moves?limit=2").json()
    rest = read(door, first["_links"]["next"]["href"].partition("/agreements/v1")[2]).json()

    assert [each["moveId"] for each in [*first["items"], *rest["items"]]] == made[::-1]
    states = {state: read(door, f"/unit-moves?state={state}").json()["items"] for state in ("planned", "withdrawn")}
    assert {state: len(found) for state, found in states.items()} == {"planned": 2, "withdrawn": 1}
    assert read(door, "/unit-moves?state=begun").json()["items"] == []


def test_another_organisation_finds_nothing_to_read_or_withdraw(door: Door) -> None:
    made = moved(door)["moveId"]
    answers = [
        read(door, f"/unit-moves/{made}", UMEA),
        read(door, f"/unit-moves/{uuid4()}", UMEA),
        read(door, "/unit-moves/1", UMEA),
        withdraw(door, made, UMEA),
        withdraw(door, str(uuid4()), UMEA),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert len({str(answer.json() | {"instance": ""}) for answer in answers}) == 1
    assert read(door, "/unit-moves", UMEA).json()["items"] == []


def test_only_the_scope_of_its_own_moves_anything(door: Door) -> None:
    assert door.post("/unit-moves", body()).status_code == 401
    refused = door.post("/unit-moves", body(), organisation=AF, scopes=[READ, AUDIT], actor="afc-1")
    assert (refused.status_code, refused.json()["requiredScope"]) == (403, MOVE_UNITS)
    unbound = door.post("/unit-moves", body(), organisation=AF, scopes=[MOVE_UNITS], actor="afc-1", bound=False)
    assert unbound.status_code == 401
    nobody = door.post("/unit-moves", body(), organisation=AF, scopes=[MOVE_UNITS])
    assert refusal(nobody) == (400, "actor_required")


def test_who_moved_what_is_in_the_trail_and_nowhere_public(door: Door) -> None:
    made = moved(door, competence="employer", unit="af-employer-south")
    withdraw(door, made["moveId"])

    path = f"/audit-entries?objectId={made['moveId']}"
    told = door.get(path, organisation=AF, scopes=[AUDIT], actor="auditor").json()["entries"]
    entries = {entry["event"]: entry for entry in told}
    assert {event: entry["actor"] for event, entry in entries.items()} == {
        "unit_move.planned": "afc-1",
        "unit_move.withdrawn": "afc-2",
    }
    assert entries["unit_move.planned"]["detail"] == {
        "municipality": "2480",
        "competence": "employer",
        "from": "af-employer-north",
        "to": "af-employer-south",
        "validFrom": "2026-03-01",
    }
    for path in ("/units/af-employer-south?on=2026-03-01", "/routing?municipalityCode=2480&on=2026-03-01"):
        assert "afc-" not in door.get(path).text
