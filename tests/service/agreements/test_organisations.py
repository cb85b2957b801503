"""The code lists and the register of organisations."""

from collections import Counter

import pytest

from tests.service.agreements.door import UMEA, Door


@pytest.mark.requirement(110)
def test_the_code_lists_have_290_municipalities_and_21_counties_whose_counts_sum_to_290(door: Door) -> None:
    municipalities = door.get("/municipalities").json()
    counties = door.get("/counties").json()

    assert municipalities["total"] == len(municipalities["items"]) == 290
    assert counties["total"] == len(counties["items"]) == 21
    counted = Counter(each["countyCode"] for each in municipalities["items"])
    assert {each["code"]: each["municipalities"] for each in counties["items"]} == counted
    assert sum(counted.values()) == 290
    assert all(each["code"].startswith(each["countyCode"]) for each in municipalities["items"])
    assert len({each["organisationNumber"] for each in municipalities["items"]}) == 290


@pytest.mark.requirement(110)
def test_the_code_lists_are_empty_before_the_register_begins(door: Door) -> None:
    assert door.get("/municipalities", params={"on": "2006-12-31"}).json()["total"] == 0
    assert door.get("/municipalities", params={"on": "2007-01-01"}).json()["total"] == 290
    assert door.get("/counties", params={"on": "2006-12-31"}).json()["total"] == 0


def test_an_organisation_is_read_by_its_number(door: Door) -> None:
    found = door.get(f"/organisations/{UMEA}")

    assert found.status_code == 200
    assert found.json()["name"] == "Umeå kommun"
    assert found.json()["municipalityCode"] == "2480"
    assert found.json()["countyName"] == "Västerbottens län"
    assert found.json()["invented"] is False


def test_an_unknown_number_and_a_number_of_the_wrong_form_answer_alike(door: Door) -> None:
    unknown, misshapen = door.get("/organisations/5560000001"), door.get("/organisations/not-a-number")

    assert unknown.status_code == misshapen.status_code == 404
    assert _without_instance(unknown.json()) == _without_instance(misshapen.json())


def test_pages_follow_each_other_without_gap_or_repetition(door: Door) -> None:
    names: list[str] = []
    address: str | None = "/organisations?kind=municipality&countyCode=24&limit=4"
    while address is not None:
        page = door.get(address).json()
        names += [each["name"] for each in page["items"]]
        following = page["_links"].get("next")
        address = following and following["href"].removeprefix("https://samrad.example/agreements/v1")

    assert len(names) == len(set(names)) == 15
    assert "Umeå kommun" in names


def test_the_sources_of_a_look_up_are_listed_also_without_a_known_number(door: Door) -> None:
    authorities = door.get("/organisations", params={"kind": "state_agency", "limit": 100}).json()["items"]
    associations = door.get("/organisations", params={"kind": "association"}).json()["items"]

    assert {"AF", "CSN", "FK", "PM", "SKV", "TNS", "MIV"} <= {each["abbreviation"] for each in authorities}
    assert {each["abbreviation"]: each["organisationNumber"] for each in associations} == {"SO": None, "SKR": None}


def test_an_invented_organisation_says_so(door: Door) -> None:
    funds = door.get("/organisations", params={"kind": "a_kassa"}).json()["items"]

    assert [each["invented"] for each in funds] == [True]


@pytest.mark.parametrize("cursor", ["%00", "AA", "å", "////", "AAA"])
def test_a_cursor_that_is_not_ours_is_refused(door: Door, cursor: str) -> None:
    answer = door.get("/organisations", params={"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def _without_instance(problem: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in problem.items() if name != "instance"}
