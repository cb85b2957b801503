"""A file of units, and what can be seen to be wrong with it without a register."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.agreements.loading import files
from services.agreements.loading.sandbox import Member
from services.agreements.loading.units import UnitsUnfit, read_units

SHIPPED = files.FIXTURES / "sandbox_units.json"
MEMBERS = [
    Member("2480", "Umeå", "24", "1"),
    Member("2482", "Skellefteå", "24", "2"),
    Member("2580", "Luleå", "25", "3"),
]


def placed(tmp_path: Path, *placements: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    usual = {"competences": ["general"], "counties": [], "municipalities": [], "validFrom": "2022-01-01"}
    file = tmp_path / "units.json"
    content = files.read("sandbox_units.json")
    file.write_text(json.dumps({**content, "municipalities": [{**usual, **each} for each in placements]}), "utf-8")
    rows = read_units(file).assignments(MEMBERS)
    assert len({row["id"] for row in rows}) == len(rows)
    return [(row["municipality_code"], row["competence"], row["unit_code"], row["valid_from"]) for row in rows]


def test_a_county_stands_for_the_municipalities_in_it(tmp_path: Path) -> None:
    assert placed(tmp_path, {"unit": "af-24", "counties": ["24"], "competences": ["general", "employer"]}) == [
        ("2480", "general", "af-24", "2022-01-01"),
        ("2480", "employer", "af-24", "2022-01-01"),
        ("2482", "general", "af-24", "2022-01-01"),
        ("2482", "employer", "af-24", "2022-01-01"),
    ]


def test_a_municipality_may_be_placed_again_from_another_day_and_not_from_the_same(tmp_path: Path) -> None:
    first = {"unit": "af-24", "counties": ["24"]}

    assert len(placed(tmp_path, first, {"unit": "af-25", "municipalities": ["2480"], "validFrom": "2027-01-01"})) == 3
    with pytest.raises(UnitsUnfit, match="placed twice"):
        placed(tmp_path, first, {"unit": "af-25", "municipalities": ["2480"]})
    with pytest.raises(UnitsUnfit, match=r"has the code 0000; .* has the code 99"):
        placed(tmp_path, {**first, "municipalities": ["0000"]}, {"unit": "af-25", "counties": ["99"]})


def broken() -> Iterator[tuple[str, Any, str]]:
    content = files.read("sandbox_units.json")
    units, askers = content["units"], content["askers"]
    root, north, local = units[0], units[1], units[4]
    not_a_file = "is not a file of units"
    yield "a_list", [], not_a_file
    yield "nothing_in_it", {}, not_a_file
    yield "no_organisation", {**content, "organisation": "1"}, not_a_file
    yield "unknown_level", {**content, "units": [{**root, "level": "galaxy"}, *units[1:]]}, not_a_file
    yield "two_levels", {**content, "units": [*units, {**north, "level": "unit"}]}, not_a_file
    yield "no_name", {**content, "units": [{**root, "name": " "}, *units[1:]]}, not_a_file
    yield "no_day", {**content, "units": [{**root, "validFrom": "soon"}, *units[1:]]}, not_a_file
    yield "unknown_competence", {**content, "askers": [{**askers[0], "competences": ["surgery"]}]}, not_a_file
    yield "municipality_as_asker", {**content, "askers": [{**askers[0], "kinds": ["municipality"]}]}, not_a_file
    yield "odd_code", {**content, "units": [*units, {**local, "code": "AF 1"}]}, "AF 1 is no code of a unit"
    yield "no_root", {**content, "units": units[1:]}, "no parent that it can have"
    yield "loop", {**content, "units": [root, {**north, "parent": "af-north"}, *units[2:]]}, "no parent that it can"
    yield "parent_of_root", {**content, "units": [{**root, "parent": "af-north"}, *units[1:]]}, "no parent that it can"
    yield "region_handles", {**content, "askers": [{**askers[0], "unit": "af-north"}]}, "af-north handles .* no unit"
    yield "nobody_handles", {**content, "askers": [{**askers[0], "unit": "af-99"}]}, "af-99 handles .* no unit"


BROKEN = {name: (content, words) for name, content, words in broken()}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    content, words = BROKEN[name]
    file = tmp_path / "units.json"
    file.write_text(json.dumps(content), "utf-8")

    with pytest.raises(UnitsUnfit, match=words):
        read_units(file)


def test_a_file_that_is_missing_or_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "units.json").write_text("{", "utf-8")

    for file in (tmp_path / "units.json", tmp_path / "nowhere.json"):
        with pytest.raises(UnitsUnfit):
            read_units(file)


def test_only_the_first_faults_are_told() -> None:
    assert str(UnitsUnfit.because([str(number) for number in range(7)])) == "0; 1; 2; 3; 4 and 2 more"
    assert str(UnitsUnfit.because(["one"])) == "one"


@pytest.mark.requirement(39)
def test_the_shipped_tree_says_that_it_is_invented() -> None:
    file = read_units(SHIPPED)

    assert all(row["invented"] for row in file.units)
    assert all("(påhittad)" in row["name"] for row in file.versions)
