"""Legal bases on a day."""

import pytest

from tests.service.agreements.door import Door


@pytest.mark.requirement(80)
def test_a_reference_to_the_old_instruction_after_its_end_gives_a_warning_with_the_replacement(door: Door) -> None:
    answer = door.get("/legal-bases/sfs-2007-1030", params={"on": "2022-12-01"}).json()

    assert answer["inForce"] is False
    assert answer["warning"]["code"] == "no_longer_in_force"
    assert answer["warning"]["replacement"]["legalBasisId"] == "sfs-2022-811"
    assert answer["warning"]["replacement"]["validFrom"] == "2022-12-01"
    assert "2022-11-30" in answer["warning"]["texts"]["sv"]
    assert "2022-11-30" in answer["warning"]["texts"]["en"]


@pytest.mark.requirement(80)
def test_the_day_before_it_gives_none(door: Door) -> None:
    answer = door.get("/legal-bases/sfs-2007-1030", params={"on": "2022-11-30"}).json()

    assert (answer["inForce"], answer["warning"]) == (True, None)


@pytest.mark.requirement(80)
def test_a_reference_before_the_new_instruction_begins_points_back(door: Door) -> None:
    answer = door.get("/legal-bases/sfs-2022-811", params={"on": "2022-11-30"}).json()

    assert answer["warning"]["code"] == "not_yet_in_force"
    assert answer["warning"]["replacement"]["legalBasisId"] == "sfs-2007-1030"


def test_a_basis_replaced_twice_leads_to_the_one_in_force_on_the_day(door: Door) -> None:
    old = "/legal-bases/sfs-2008-975-4-to-2025-06-30"
    between, after = (
        door.get(old, params={"on": "2025-08-01"}).json(),
        door.get(old, params={"on": "2025-10-01"}).json(),
    )

    assert between["warning"]["replacement"]["legalBasisId"] == "sfs-2008-975-4-to-2025-09-30"
    assert after["warning"]["replacement"]["legalBasisId"] == "sfs-2008-975-4"


def test_the_social_services_act_changes_on_the_first_of_july_2025(door: Door) -> None:
    before = _ids(door, "2025-06-30")
    after = _ids(door, "2025-07-01")

    assert "sfs-2001-453-11-11" in before - after
    assert "sfs-2025-400-15-10" in after - before
    assert {"sfs-2008-975-5-to-2025-06-30"} <= before
    assert {f"sfs-2008-975-{section}" for section in (2, 3, 5, 6, 7)} <= after - before


def test_a_basis_that_is_not_verified_says_so(door: Door) -> None:
    answer = door.get("/legal-bases/to-be-stated").json()

    assert answer["verified"] is False
    assert "jurist" in answer["note"]["sv"]
    assert "lawyer" in answer["note"]["en"]


def test_an_unknown_basis_is_not_found(door: Door) -> None:
    assert door.get("/legal-bases/sfs-1999-1").status_code == 404


def _ids(door: Door, on: str) -> set[str]:
    return {each["legalBasisId"] for each in door.get("/legal-bases", params={"on": on}).json()["items"]}
