"""Which municipalities are covered on a day."""

import pytest

from tests.service.agreements.door import AF, WRITE, Door

SEVEN = ("0114", "0115", "0117", "0120", "0123", "0125", "0126")


@pytest.mark.requirement(22)
def test_280_of_290_municipalities_are_covered_and_the_ten_others_are_named(door: Door) -> None:
    answer = door.get("/coverage", params={"on": "2023-12-01"}).json()

    assert (answer["municipalities"], answer["covered"]) == (290, 280)
    assert len(answer["notCovered"]) == len({each["code"] for each in answer["notCovered"]}) == 10
    assert all(each["name"] for each in answer["notCovered"])
    assert {"2480", "1280"}.isdisjoint(each["code"] for each in answer["notCovered"])
    assert answer["invented"] is True


@pytest.mark.requirement(22)
@pytest.mark.parametrize(
    ("on", "covered"), [("2022-05-31", 0), ("2023-03-15", 261), ("2023-11-30", 261), ("2025-06-30", 280)]
)
def test_coverage_on_another_day_follows_from_the_records(door: Door, on: str, covered: int) -> None:
    answer = door.get("/coverage", params={"on": on}).json()

    assert answer["covered"] == covered
    assert answer["covered"] + len(answer["notCovered"]) == 290
    assert answer["invented"] is (covered > 0)


@pytest.mark.requirement(22, 110)
def test_the_counties_of_the_coverage_sum_to_the_whole(door: Door) -> None:
    answer = door.get("/coverage", params={"on": "2023-12-01"}).json()

    assert len(answer["counties"]) == 21
    assert sum(each["municipalities"] for each in answer["counties"]) == 290
    assert sum(each["covered"] for each in answer["counties"]) == 280
    assert next(each for each in answer["counties"] if each["code"] == "09")["covered"] == 1


@pytest.mark.requirement(25)
def test_a_regional_agreement_of_7_adds_7_once_also_when_3_have_a_local_one_too(door: Door) -> None:
    assert door.get("/coverage", params={"on": "2010-03-01"}).json()["covered"] == 0

    for code in SEVEN[:3]:
        _agree(door, "local", [code])
    assert door.get("/coverage", params={"on": "2010-03-01"}).json()["covered"] == 3
    _agree(door, "regional", SEVEN)

    answer = door.get("/coverage", params={"on": "2010-03-01"}).json()
    assert (answer["covered"], answer["agreements"]) == (7, 4)
    assert answer["invented"] is False
    assert set(SEVEN).isdisjoint(each["code"] for each in answer["notCovered"])
    for outside in ("2009-12-31", "2010-07-01"):
        assert door.get("/coverage", params={"on": outside}).json()["covered"] == 0


@pytest.mark.requirement(25)
def test_an_agreement_with_a_county_covers_all_its_municipalities(door: Door) -> None:
    _agree(door, "regional", [], counties=["24"], year=2011)

    answer = door.get("/coverage", params={"on": "2011-06-30"}).json()
    assert answer["covered"] == 15
    assert [each["code"] for each in answer["counties"] if each["covered"]] == ["24"]


@pytest.mark.requirement(22)
def test_a_draft_covers_nothing(door: Door) -> None:
    body = _body("local", ["2480"], year=2012) | {"status": "draft", "signedOn": None, "published": False}
    assert _post(door, body) == 201

    assert door.get("/coverage", params={"on": "2012-03-01"}).json()["covered"] == 0


def test_a_day_that_is_none_is_refused_without_repeating_it(door: Door) -> None:
    answer = door.get("/coverage", params={"on": "198001019876"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.on")
    assert "198001019876" not in answer.text


def _agree(
    door: Door,
    kind: str,
    municipalities: tuple[str, ...] | list[str],
    *,
    counties: tuple[str, ...] | list[str] = (),
    year: int = 2010,
) -> None:
    assert _post(door, _body(kind, municipalities, counties=counties, year=year)) == 201


def _post(door: Door, body: dict[str, object]) -> int:
    return door.post("/agreements", body, organisation=AF, scopes=[WRITE], actor="hl-1").status_code


def _body(
    kind: str, municipalities: tuple[str, ...] | list[str], *, counties: tuple[str, ...] | list[str] = (), year: int
) -> dict[str, object]:
    return {
        "kind": kind,
        "title": f"Samverkan {year}",
        "status": "signed",
        "signedOn": f"{year - 1}-12-01",
        "validFrom": f"{year}-01-01",
        "validTo": f"{year}-06-30",
        "published": True,
        "parties": [
            {"organisationNumber": AF},
            *({"municipalityCode": code} for code in municipalities),
            *({"countyCode": code} for code in counties),
        ],
    }
