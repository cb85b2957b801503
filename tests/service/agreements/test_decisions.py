"""Who may ask for what: refused unless a ground in force permits it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.service.agreements.database import Urls, run_sql
from tests.service.agreements.door import A_KASSA, AF, AUDIT, DECIDE, READ, UMEA, Door

LOOKUPS = [f"lookup.{source}" for source in ("af", "csn", "fk", "skv", "so", "tns", "miv")]
WITH_PAYMENTS = [f"lookup.{source}" for source in ("af", "csn", "fk", "so")]
PURPOSES = {
    "financial_aid_application": LOOKUPS,
    "financial_aid_first_visit": LOOKUPS,
    "financial_aid_recovery": WITH_PAYMENTS,
}


def decide(
    door: Door,
    *information_sets: str,
    organisation: str = UMEA,
    purpose: str = "financial_aid_application",
    **more: str,
) -> dict[str, Any]:
    body = {"organisation": organisation, "purpose": purpose, "informationSets": list(information_sets), **more}
    answer = door.post("/decisions", body, organisation=AF, scopes=[DECIDE])
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_municipality_may_look_up_what_a_financial_aid_case_needs(door: Door, purpose: str) -> None:
    decision = decide(door, *PURPOSES[purpose], purpose=purpose)

    assert decision["permitted"] is True
    assert decision["version"] == 4
    assert decision["decidedAt"] == "2026-02-02T09:00:00Z"
    assert [item["informationSet"] for item in decision["items"]] == PURPOSES[purpose]
    assert all(item["ground"]["reference"] and item["reason"] is None for item in decision["items"])
    assert decision["organisation"] == {
        "organisationNumber": UMEA,
        "name": "Umeå kommun",
        "kind": "municipality",
        "municipalityCode": "2480",
        "municipalityName": "Umeå",
        "countyCode": "24",
        "countyName": "Västerbottens län",
    }
    answering = {item["informationSet"]: item["answeringOrganisation"] for item in decision["items"]}
    assert (answering["lookup.af"], answering["lookup.so"]) == (AF, None)


@pytest.mark.requirement(6)
def test_an_a_kassa_may_request_information_but_not_make_a_financial_aid_look_up(door: Door) -> None:
    refused = decide(door, "lookup.af", organisation=A_KASSA)
    granted = decide(door, "consultation.information_request", organisation=A_KASSA, purpose="unemployment_insurance")

    assert refused["permitted"] is False
    assert refused["organisation"]["kind"] == "a_kassa"
    assert refused["items"] == [
        {
            "informationSet": "lookup.af",
            "permitted": False,
            "reason": "kind_not_permitted",
            "fields": [],
            "verified": None,
            "answeringOrganisation": AF,
            "ground": None,
            "handledBy": None,
        }
    ]
    assert granted["permitted"] is True


@pytest.mark.parametrize(
    ("organisation", "purpose", "information_set", "reason"),
    [
        ("2120009999", "financial_aid_application", "lookup.af", "organisation_unknown"),
        (UMEA, "financial_aid_application", "lookup.unheard_of", "unknown_information_set"),
        (UMEA, "curiosity", "lookup.af", "purpose_not_permitted"),
        (UMEA, "unemployment_insurance", "consultation.information_request", "purpose_not_permitted"),
        (AF, "financial_aid_application", "lookup.csn", "kind_not_permitted"),
        (A_KASSA, "financial_aid_application", "consultation.consultation", "kind_not_permitted"),
    ],
)
def test_what_no_ground_permits_is_refused_with_its_reason(
    door: Door, organisation: str, purpose: str, information_set: str, reason: str
) -> None:
    decision = decide(door, information_set, organisation=organisation, purpose=purpose)

    assert decision["permitted"] is False
    assert [(item["permitted"], item["reason"]) for item in decision["items"]] == [(False, reason)]


def test_one_refused_item_does_not_hide_the_others(door: Door) -> None:
    decision = decide(door, "lookup.af", "lookup.unheard_of")

    assert decision["permitted"] is False
    assert [item["permitted"] for item in decision["items"]] == [True, False]


@pytest.mark.parametrize(
    ("instant", "basis"),
    [
        # Half past eleven in the evening in Sweden, then half past midnight: the day is Swedish.
        (datetime(2025, 6, 30, 21, 30, tzinfo=UTC), "sfs-2008-975-5-to-2025-06-30"),
        (datetime(2025, 6, 30, 22, 30, tzinfo=UTC), "sfs-2008-975-5"),
    ],
)
def test_the_ground_changes_at_midnight_in_sweden(door: Door, instant: datetime, basis: str) -> None:
    with door.clock.at(instant):
        decision = decide(door, "lookup.af")

    assert decision["items"][0]["ground"]["legalBasisId"] == basis


@pytest.mark.parametrize(
    ("day", "basis"),
    [
        (datetime(2022, 11, 30, 12, tzinfo=UTC), "sfs-2007-1030"),
        (datetime(2022, 12, 1, 12, tzinfo=UTC), "sfs-2022-811-14"),
    ],
)
@pytest.mark.requirement(80)
def test_consultations_rest_on_the_instruction_of_the_day(door: Door, day: datetime, basis: str) -> None:
    with door.clock.at(day):
        decision = decide(door, "consultation.consultation")

    assert decision["items"][0]["ground"]["legalBasisId"] == basis


def test_nothing_is_permitted_before_the_grounds_begin(door: Door) -> None:
    with door.clock.at(datetime(2021, 12, 31, 12, tzinfo=UTC)):
        decision = decide(door, *LOOKUPS)

    assert {item["reason"] for item in decision["items"]} == {"no_ground_in_force"}


def test_a_decision_is_kept_under_the_asking_organisation(door: Door, loaded: Urls) -> None:
    decision = decide(door, "lookup.af")
    statement = "SELECT id, version, purpose, permitted, items FROM decision WHERE id = :id"
    values = {"id": decision["decisionId"]}

    (kept,) = run_sql(loaded.runtime, statement, values, tenant=f"0007:{UMEA}")
    assert (kept["version"], kept["permitted"]) == (4, True)
    assert kept["items"][0]["ground"]["legal_basis_id"] == "sfs-2008-975-5"
    assert run_sql(loaded.runtime, statement, values, tenant=f"0007:{AF}") == []
    assert run_sql(loaded.runtime, statement, values) == []


def test_only_the_scope_of_the_services_can_ask_for_a_decision(door: Door) -> None:
    body = {"organisation": UMEA, "purpose": "financial_aid_application", "informationSets": ["lookup.af"]}

    assert door.post("/decisions", body).status_code == 401
    refused = door.post("/decisions", body, organisation=UMEA, scopes=[READ, AUDIT])
    assert (refused.status_code, refused.json()["requiredScope"]) == (403, DECIDE)
    unbound = door.post("/decisions", body, organisation=AF, scopes=[DECIDE], bound=False)
    assert unbound.status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "198001019876-secret"},
        {"informationSets": []},
        {"informationSets": ["198001019876"]},
        {"purpose": "198001019876"},
        {"198001019876": "x"},
    ],
)
def test_a_misshapen_question_is_refused_without_repeating_it(door: Door, change: dict[str, Any]) -> None:
    body = {"organisation": UMEA, "purpose": "financial_aid_application", "informationSets": ["lookup.af"]}
    answer = door.post("/decisions", body | change, organisation=AF, scopes=[DECIDE])

    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed_request"
    assert "198001019876" not in answer.text


@pytest.mark.requirement(13)
def test_each_set_has_the_pieces_that_its_ground_opens_for_the_purpose(door: Door) -> None:
    assessment = decide(door, "lookup.csn")["items"][0]
    recovery = decide(door, "lookup.csn", purpose="financial_aid_recovery")["items"][0]
    refused = decide(door, "lookup.csn", organisation=A_KASSA)["items"][0]

    assert set(assessment["fields"]) == {"cases", "applications", "grantedTimes", "payments"}
    assert recovery["fields"] == ["payments"]
    assert refused["fields"] == []


def test_a_ground_whose_basis_is_not_verified_says_so(door: Door) -> None:
    decision = decide(door, *LOOKUPS)

    assert {item["informationSet"] for item in decision["items"] if item["verified"] is False} == {
        "lookup.tns",
        "lookup.miv",
    }


@pytest.mark.requirement(80)
@pytest.mark.parametrize(
    ("instant", "replacement"),
    [
        # The last minute of November in Sweden, and the first of December.
        (datetime(2022, 11, 30, 22, 59, tzinfo=UTC), None),
        (datetime(2022, 11, 30, 23, 0, tzinfo=UTC), "sfs-2022-811"),
        (datetime(2026, 2, 2, 12, tzinfo=UTC), "sfs-2022-811"),
    ],
)
def test_a_stated_law_that_is_no_longer_in_force_is_warned_about_with_its_replacement(
    door: Door, instant: datetime, replacement: str | None
) -> None:
    with door.clock.at(instant):
        decision = decide(door, "lookup.af", statedLaw="Instruktionen, förordning 2007:1030")

    warned = [(each["code"], each["replacement"]["legalBasisId"]) for each in decision["warnings"]]
    assert warned == ([] if replacement is None else [("no_longer_in_force", replacement)])
    assert decision["permitted"] is True
