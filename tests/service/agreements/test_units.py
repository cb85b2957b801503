"""The units of the answering authority, and which of them handles whose questions on a day."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from services.__main__ import main
from services.agreements.load import load_sandbox, load_units
from services.agreements.loading import files
from services.agreements.loading.units import UnitsUnfit, read_units
from tests.service.agreements.database import Urls, run_sql
from tests.service.agreements.door import A_KASSA, AF, DECIDE, UMEA, Door

KRIMINALVARDEN = "2021000225"
CSN = "2021001819"
COMPETENCES = ("general", "employer", "studies", "corrections")


def handled_by(
    door: Door, information_set: str, organisation: str = UMEA, purpose: str = "financial_aid_application"
) -> dict[str, Any] | None:
    body = {"organisation": organisation, "purpose": purpose, "informationSets": [information_set]}
    answer = door.post("/decisions", body, organisation=AF, scopes=[DECIDE])
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    found: dict[str, Any] | None = item["handledBy"]
    return found


@pytest.mark.requirement(39)
def test_the_tree_is_national_regional_and_local_and_says_that_it_is_invented(door: Door) -> None:
    answer = door.get("/units").json()
    units = {unit["code"]: unit for unit in answer["items"]}

    assert answer["total"] == len(units) == len(answer["items"])
    assert all(unit["invented"] and unit["organisationNumber"] == AF for unit in units.values())
    assert answer["items"][0]["level"] == "national"
    parents = {unit["level"]: {units[unit["parent"]]["level"]} for unit in units.values() if unit["level"] == "region"}
    assert parents == {"region": {"national"}}
    assert {units[unit["parent"]]["level"] for unit in units.values() if unit["level"] == "unit"} == {
        "national",
        "region",
    }
    assert door.get("/units?on=2021-12-31").json()["items"] == []


@pytest.mark.requirement(39)
@pytest.mark.parametrize("competence", COMPETENCES)
def test_every_municipality_has_one_unit_for_each_competence(door: Door, competence: str) -> None:
    answer = door.get(f"/routing?competence={competence}").json()

    assert answer["total"] == 290
    assert Counter(item["municipalityCode"] for item in answer["items"]).most_common(1)[0][1] == 1
    assert all(item["unit"] and item["competence"] == competence for item in answer["items"])


def test_a_unit_tells_what_it_handles(door: Door) -> None:
    local, corrections = door.get("/units/af-24").json(), door.get("/units/af-corrections").json()

    assert {each["municipalityCode"][:2] for each in local["municipalities"]} == {"24"}
    assert (len(local["municipalities"]), local["askers"]) == (15, [])
    assert corrections["askers"] == [
        {
            "kind": None,
            "organisationNumber": KRIMINALVARDEN,
            "competence": "corrections",
            "validFrom": "2022-01-01",
        }
    ]
    assert door.get("/units/af-99").status_code == 404
    assert door.get("/units/af-24?on=2021-12-31").status_code == 404


def test_a_municipality_that_is_not_there_has_no_unit(door: Door) -> None:
    assert door.get("/routing?municipalityCode=9999").json()["items"] == []
    (before,) = door.get("/routing?municipalityCode=2480&on=2021-12-31").json()["items"]
    assert (before["unit"], before["validFrom"]) == (None, None)
    for wrong in ("municipalityCode=Umeå", "competence=surgery", "on=2026-13-01"):
        assert door.get(f"/routing?{wrong}").status_code == 422


@pytest.mark.requirement(39)
@pytest.mark.parametrize(
    ("information_set", "unit", "region", "competence"),
    [
        ("consultation.consultation", "af-24", "af-north", "general"),
        ("consultation.information_request", "af-24", "af-north", "general"),
        ("consultation.decision_interpretation", "af-24", "af-north", "general"),
        ("consultation.joint_planning", "af-24", "af-north", "general"),
        ("consultation.employer_contact", "af-employer-north", "af-north", "employer"),
        ("consultation.study_transition", "af-studies", None, "studies"),
    ],
)
def test_a_decision_names_the_unit_that_handles_what_a_municipality_asks(
    door: Door, information_set: str, unit: str, region: str | None, competence: str
) -> None:
    found = handled_by(door, information_set)

    assert found is not None
    assert found.pop("unitName").endswith("(påhittad)")
    assert found == {"unit": unit, "region": region, "competence": competence}


def test_what_is_no_question_to_a_handler_or_not_permitted_is_handled_by_nobody(door: Door) -> None:
    assert handled_by(door, "lookup.af") is None
    assert handled_by(door, "consultation.consultation", purpose="curiosity") is None
    assert handled_by(door, "consultation.consultation", organisation="5599990016") is None


def test_other_askers_are_handled_by_what_they_are(door: Door) -> None:
    fund = handled_by(door, "consultation.information_request", A_KASSA, "unemployment_insurance")
    agency = handled_by(door, "consultation.information_request", CSN)

    assert [each and (each["unit"], each["region"], each["competence"]) for each in (fund, agency)] == [
        ("national", None, "general"),
        ("national", None, "general"),
    ]


@pytest.mark.requirement(92)
@pytest.mark.parametrize("purpose", ["release_planning", "financial_aid_application"])
def test_what_kriminalvarden_asks_needs_the_competence_of_corrections(door: Door, purpose: str) -> None:
    found = handled_by(door, "consultation.information_request", KRIMINALVARDEN, purpose)

    assert found is not None
    assert (found["unit"], found["competence"]) == ("af-corrections", "corrections")


# --- files of units ----------------------------------------------------------------------------------------------


@pytest.fixture
def owner(loaded: Urls) -> Iterator[str]:
    """The owner's address; the sandbox's units are back afterwards."""
    yield loaded.owner
    asyncio.run(load_sandbox(loaded.owner))


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "units.json"
    file.write_text(json.dumps({**files.read("sandbox_units.json"), **changes}), "utf-8")
    return file


def load(owner: str, file: Path) -> int:
    return asyncio.run(load_units(owner, read_units(file)))


def test_a_file_replaces_names_and_places_from_a_day(door: Door, owner: str, tmp_path: Path) -> None:
    content = files.read("sandbox_units.json")
    first = next(unit for unit in content["units"] if unit["code"] == "af-24")
    later = {**first, "name": "Enhet Västerbotten och Norrbotten", "validFrom": "2027-01-01"}
    first["validTo"] = "2026-12-31"
    moved = {**content["municipalities"][0], "unit": "af-24", "counties": ["25"], "validFrom": "2027-01-01"}

    units = [*content["units"], later]
    assert load(owner, written(tmp_path, units=units, municipalities=[*content["municipalities"], moved])) == 35

    assert door.get("/units/af-24?on=2026-12-31").json()["name"] == "Enhet Västerbotten (påhittad)"
    assert door.get("/units/af-24?on=2027-01-01").json()["name"] == "Enhet Västerbotten och Norrbotten"
    (before,) = door.get("/routing?municipalityCode=2580&on=2026-12-31").json()["items"]
    (after,) = door.get("/routing?municipalityCode=2580&on=2027-01-01").json()["items"]
    assert [(each["unit"], each["validFrom"], each["validTo"]) for each in (before, after)] == [
        ("af-25", "2022-01-01", "2026-12-31"),
        ("af-24", "2027-01-01", None),
    ]


@pytest.mark.requirement(92)
def test_without_a_tree_a_question_still_needs_its_competence(door: Door, owner: str, tmp_path: Path) -> None:
    later = json.loads(json.dumps(files.read("sandbox_units.json")).replace("2022-01-01", "2022-07-01"))
    load(owner, written(tmp_path, **later))

    with door.clock.at(datetime(2022, 6, 1, 12, tzinfo=UTC)):
        nobody = {"unit": None, "unitName": None, "region": None}
        assert handled_by(door, "consultation.employer_contact") == {**nobody, "competence": "employer"}
        found = handled_by(door, "consultation.information_request", KRIMINALVARDEN)
        assert found == {**nobody, "competence": "corrections"}


def test_the_command_loads_a_file_and_says_why_it_does_not(
    owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL", owner)
    placed = files.read("sandbox_units.json")["municipalities"]

    assert main(["units", str(written(tmp_path))]) == 0
    assert capsys.readouterr().out == "loaded 35 units\n"
    assert main(["units", str(written(tmp_path, municipalities=placed[1:]))]) == 2
    assert "2021 has no unit for general on 2022-01-01" in capsys.readouterr().err
    assert main(["units", str(tmp_path / "nowhere.json")]) == 2
    assert "is not a file of units" in capsys.readouterr().err


def broken_files() -> Iterator[tuple[str, dict[str, Any], str]]:
    content = files.read("sandbox_units.json")
    units, placed = content["units"], content["municipalities"]
    yield "unknown_county", {"municipalities": [*placed, {**placed[0], "counties": ["99"]}]}, "has the code 99"
    yield "gap", {"municipalities": placed[1:]}, "2021 has no unit for general on 2022-01-01.* and 10 more"
    yield "late", {"municipalities": [{**placed[0], "validFrom": "2022-01-02"}, *placed[1:]]}, "has no unit for general"
    ended = [{**unit, "validTo": "2026-12-31"} if unit["code"] == "af-20" else unit for unit in units]
    yield "ends_with_municipalities", {"units": ended}, "on days when that does not exist"
    above = [{**unit, "validTo": "2026-12-31"} if unit["code"] == "af-north" else unit for unit in units]
    yield "ends_with_units", {"units": above}, "belongs to af-north on days when that does not exist"
    yield "overlap", {"units": [*units, {**units[4], "validFrom": "2023-01-01"}]}, "contradicts itself"
    yield "not_its_own", {"organisation": CSN}, "af is a unit of another organisation"


BROKEN = {name: (changes, words) for name, changes, words in broken_files()}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_does_not_hold_together_changes_nothing(loaded: Urls, tmp_path: Path, name: str) -> None:
    changes, words = BROKEN[name]
    held = """
        SELECT (SELECT count(*) FROM unit_assignment WHERE created_by IS NULL) AS assigned,
               (SELECT count(*) FROM unit_for_asker) AS askers, count(*) AS units, max(valid_to) AS ended
        FROM unit_version
    """

    with pytest.raises(UnitsUnfit, match=words):
        load(loaded.owner, written(tmp_path, **changes))

    assert run_sql(loaded.owner, held, tenant=f"0007:{AF}") == [
        {"assigned": 4 * 290, "askers": 16, "units": 35, "ended": None}
    ]


def test_a_second_load_makes_the_same_rows(loaded: Urls) -> None:
    rows = "SELECT id, unit_code FROM unit_assignment WHERE created_by IS NULL ORDER BY id"
    before = run_sql(loaded.owner, rows, tenant=f"0007:{AF}")

    asyncio.run(load_sandbox(loaded.owner))

    assert run_sql(loaded.owner, rows, tenant=f"0007:{AF}") == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO unit (code, owner_org, level) VALUES ('x', '0007:2021002114', 'unit')",
        "UPDATE unit_version SET name = 'x'",
        "DELETE FROM unit_for_asker",
        "DELETE FROM unit_assignment",
        "UPDATE unit_assignment SET unit_code = 'af-24'",
        "UPDATE unit_assignment SET valid_from = '2020-01-01'",
    ],
)
def test_the_serving_role_cannot_change_the_tree_or_what_has_been(loaded: Urls, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        run_sql(loaded.runtime, statement, tenant=f"0007:{AF}")


def test_the_database_keeps_another_organisation_from_placing_anything(loaded: Urls) -> None:
    insert = """
        INSERT INTO unit_assignment (org, id, municipality_code, competence, unit_code, valid_from)
        VALUES (:org, gen_random_uuid(), '2480', 'general', 'af-25', '2027-01-01')
    """
    with pytest.raises(DBAPIError, match="row-level security"):
        run_sql(loaded.runtime, insert, {"org": f"0007:{AF}"}, tenant=f"0007:{UMEA}")
    # Nor in a tree of its own by our units.
    with pytest.raises(DBAPIError, match="foreign key"):
        run_sql(loaded.runtime, insert, {"org": f"0007:{UMEA}"}, tenant=f"0007:{UMEA}")
