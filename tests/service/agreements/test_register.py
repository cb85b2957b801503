"""Registering and reading agreements."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.agreements.door import AF, AUDIT, MALMO, READ, UMEA, WRITE, Door


def body(**changes: Any) -> dict[str, Any]:
    """A draft project between Umeå and the employment service."""
    return {
        "kind": "project",
        "title": "Gemensamt projekt",
        "status": "draft",
        "validFrom": "2026-03-01",
        "parties": [{"organisationNumber": AF}, {"municipalityCode": "2480"}],
        **changes,
    }


def register(
    door: Door, content: dict[str, Any], *, organisation: str = UMEA, key: str | None = None
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return door.post(
        "/agreements", content, organisation=organisation, scopes=[WRITE], actor="hl-4711", headers=headers
    )


def read(door: Door, path: str, organisation: str, **options: Any) -> httpx.Response:
    return door.get(path, organisation=organisation, scopes=[READ], bound=False, **options)


@pytest.mark.requirement(22)
def test_a_registered_agreement_is_read_back_by_its_parties(door: Door) -> None:
    created = register(door, body())

    assert created.status_code == 201
    assert created.headers["ETag"] == '"1"'
    agreement = created.json()
    path = f"/agreements/{agreement['agreementId']}"
    assert created.headers["Location"] == f"https://samrad.example/agreements/v1{path}"
    assert [(party["role"], party["name"]) for party in agreement["parties"]] == [
        ("organisation", "Arbetsförmedlingen"),
        ("municipality", "Umeå kommun"),
    ]
    for organisation in (UMEA, AF):
        found = read(door, path, organisation)
        assert (found.status_code, found.headers["ETag"]) == (200, '"1"')
        assert found.json() == agreement


def test_a_foreign_draft_answers_like_one_that_does_not_exist(door: Door) -> None:
    draft = register(door, body()).json()["agreementId"]

    foreign, absent = read(door, f"/agreements/{draft}", MALMO), read(door, f"/agreements/{uuid4()}", MALMO)
    misshapen = read(door, "/agreements/1", MALMO)

    assert foreign.status_code == absent.status_code == misshapen.status_code == 404
    problems = [answer.json() | {"instance": ""} for answer in (foreign, absent, misshapen)]
    assert problems[0] == problems[1] == problems[2]
    listed = read(door, "/agreements?kind=project&limit=100", MALMO).json()["items"]
    assert draft not in {each["agreementId"] for each in listed}


def test_a_request_sent_twice_has_one_effect_and_the_same_answer(door: Door) -> None:
    key = str(uuid4())
    first, second = register(door, body(), key=key), register(door, body(), key=key)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"


def test_another_request_under_the_same_key_is_refused(door: Door) -> None:
    key = str(uuid4())
    register(door, body(), key=key)
    conflicting = register(door, body(title="Ett annat projekt"), key=key)

    assert (conflicting.status_code, conflicting.json()["code"]) == (422, "idempotency_key_reused")


def test_only_a_party_may_register(door: Door) -> None:
    refused = register(door, body(), organisation=MALMO)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_a_party")


def test_unknown_parties_and_legal_bases_are_refused(door: Door) -> None:
    parties = [{"municipalityCode": "2480"}, {"municipalityCode": "9999"}, {"countyCode": "99"}]
    unknown = register(door, body(parties=parties))
    baseless = register(door, body(legalBases=["sfs-1999-1"]))

    assert (unknown.status_code, unknown.json()["code"], unknown.json()["places"]) == (409, "party_unknown", [1, 2])
    assert (baseless.status_code, baseless.json()["code"]) == (409, "legal_basis_unknown")


def test_a_municipality_named_by_its_number_takes_part_as_a_municipality(door: Door) -> None:
    created = register(door, body(parties=[{"organisationNumber": AF}, {"organisationNumber": UMEA}])).json()

    assert [party["municipalityCode"] for party in created["parties"]] == [None, "2480"]


@pytest.mark.requirement(80)
def test_an_agreement_that_refers_to_a_replaced_basis_is_warned_with_the_replacement(door: Door) -> None:
    created = register(door, body(legalBases=["sfs-2007-1030", "sfs-2009-47-6-2"])).json()

    assert [each["replacement"]["legalBasisId"] for each in created["warnings"]] == ["sfs-2022-811"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "198001019876\n"},
        {"status": "signed", "title": "198001019876"},
        {"published": True, "title": "198001019876"},
        {"validTo": "2026-02-28", "title": "198001019876"},
        {"parties": [{"organisationNumber": AF, "municipalityCode": "2480"}, {"countyCode": "198001019876"}]},
        {"198001019876": 1},
        {"kind": "198001019876"},
    ],
)
def test_a_misshapen_agreement_is_refused_without_repeating_it(door: Door, changes: dict[str, Any]) -> None:
    refused = register(door, body(**changes))

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed_request")
    assert "198001019876" not in refused.text


@pytest.mark.requirement(25)
def test_the_list_is_filtered_by_day_kind_and_municipality(door: Door) -> None:
    query = {"on": "2023-12-01", "municipalityCode": "2417"}
    both = read(door, "/agreements", MALMO, params=query).json()["items"]
    regional = read(door, "/agreements", MALMO, params=query | {"kind": "regional"}).json()["items"]
    gotland = read(door, "/agreements", MALMO, params=query | {"municipalityCode": "0980"}).json()["items"]

    assert {each["kind"] for each in both} == {"local", "regional"}
    assert [len(each["parties"]) for each in regional] == [8]
    assert [each["parties"][1]["role"] for each in gotland] == ["county"]
    assert all(each["invented"] for each in both + gotland)
    assert read(door, "/agreements", MALMO, params=query | {"on": "2021-01-01"}).json()["items"] == []


def test_pages_of_agreements_follow_each_other_without_gap_or_repetition(door: Door) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        query = {"on": "2023-12-01", "limit": "100", **cursor}
        page = read(door, "/agreements", MALMO, params=query).json()
        seen += [each["agreementId"] for each in page["items"]]
        following = page["_links"].get("next")
        if following is None:
            break
        cursor = {"cursor": httpx.URL(following["href"]).params["cursor"]}

    assert len(seen) == len(set(seen)) == door.get("/coverage", params={"on": "2023-12-01"}).json()["agreements"]


def test_registrations_and_refusals_can_be_read_in_the_audit_trail(door: Door) -> None:
    agreement = register(door, body()).json()["agreementId"]
    register(door, body(), organisation=MALMO)

    own, other = _trail(door, UMEA), _trail(door, MALMO)
    written = next(entry for entry in own if entry["objectId"] == agreement)
    assert (written["event"], written["outcome"]) == ("agreement.registered", "permitted")
    by = (written["organisation"], written["client"], written["actor"])
    assert by == (f"0007:{UMEA}", "test-client", "hl-4711")
    assert ("refused", {"reason": "not_a_party"}) in [(entry["outcome"], entry["detail"]) for entry in other]
    assert {entry["organisation"] for entry in other} == {f"0007:{MALMO}"}


def test_a_person_must_be_stated_to_write(door: Door) -> None:
    refused = door.post("/agreements", body(), organisation=UMEA, scopes=[WRITE])

    assert (refused.status_code, refused.json()["code"]) == (400, "actor_required")


def _trail(door: Door, organisation: str) -> list[dict[str, Any]]:
    answer = door.get("/audit-entries?limit=100", organisation=organisation, scopes=[AUDIT], actor="hl-1")
    assert answer.status_code == 200
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries
