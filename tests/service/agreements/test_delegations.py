"""Granting, reading and withdrawing delegations, and the check that our own services ask for."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from tests.service.agreements.database import Urls, run_sql
from tests.service.agreements.door import (
    AF,
    AUDIT,
    CHECK,
    GRANT,
    MALMO,
    SEE_GRANTS,
    SUPPLIER,
    UMEA,
    USUAL_NOW,
    Door,
    TestClock,
)

TODAY = date(2026, 2, 2)
LOOK, READ_CONSULTATIONS = "samrad:lookups.create", "samrad:consultations.read"


def body(**changes: Any) -> dict[str, Any]:
    """A year from today."""
    return {
        "supplier": SUPPLIER,
        "scopes": [LOOK, READ_CONSULTATIONS],
        "validFrom": "2026-02-02",
        "validTo": "2027-02-01",
        **changes,
    }


def grant(door: Door, organisation: str = UMEA, *, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return door.post(
        "/delegations", body(**changes), organisation=organisation, scopes=[GRANT], actor="chief-1", headers=headers
    )


def granted(door: Door, organisation: str = UMEA, **changes: Any) -> dict[str, Any]:
    answer = grant(door, organisation, **changes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def read(door: Door, path: str, organisation: str, **options: Any) -> httpx.Response:
    return door.get(path, organisation=organisation, scopes=[SEE_GRANTS], **options)


def withdraw(door: Door, delegation_id: str, organisation: str = UMEA, actor: str = "chief-2") -> httpx.Response:
    path = f"/delegations/{delegation_id}/withdrawals"
    return door.send("POST", path, organisation=organisation, scopes=[GRANT], actor=actor)


def check(door: Door, **changes: Any) -> dict[str, Any]:
    question = {"consumer": UMEA, "supplier": SUPPLIER, "scopes": [LOOK], **changes}
    answer = door.post("/delegation-checks", question, organisation=AF, scopes=[CHECK])
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_both_sides_read_a_delegation_and_the_handler_stays_on_the_consumers(door: Door) -> None:
    created = grant(door)
    assert created.status_code == 201
    made = created.json()
    path = f"/delegations/{made['delegationId']}"
    assert created.headers["Location"] == f"https://samrad.example/agreements/v1{path}"

    ours, theirs = read(door, path, UMEA).json(), read(door, path, SUPPLIER).json()

    assert ours == made
    assert made["consumer"] == {"organisationNumber": UMEA, "name": "Umeå kommun"}
    assert made["supplier"] == {"organisationNumber": SUPPLIER, "name": "Exempelsystem AB (påhittad leverantör)"}
    assert (made["state"], made["approvedBy"]) == ("in_force", "chief-1")
    assert theirs == {**made, "approvedBy": None}


def test_a_third_organisation_finds_nothing_to_read_or_withdraw(door: Door) -> None:
    made = granted(door)
    path = f"/delegations/{made['delegationId']}"
    answers = [
        read(door, path, MALMO),
        read(door, f"/delegations/{uuid4()}", MALMO),
        read(door, "/delegations/1", MALMO),
        withdraw(door, made["delegationId"], MALMO),
        withdraw(door, str(uuid4()), MALMO),
        # The supplier sees it, and may not end it.
        withdraw(door, made["delegationId"], SUPPLIER),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    assert len({str(answer.json() | {"instance": ""}) for answer in answers}) == 1
    assert read(door, path, UMEA).json()["state"] == "in_force"
    listed = read(door, "/delegations?limit=100", MALMO).json()["items"]
    assert made["delegationId"] not in {each["delegationId"] for each in listed}


@pytest.mark.parametrize(
    ("organisation", "changes", "status", "code"),
    [
        (SUPPLIER, {}, 403, "cannot_delegate"),
        (SUPPLIER, {"supplier": UMEA}, 403, "cannot_delegate"),
        ("5599990016", {}, 403, "cannot_delegate"),
        (UMEA, {"supplier": UMEA}, 409, "supplier_unknown"),
        (UMEA, {"supplier": MALMO}, 409, "supplier_unknown"),
        (UMEA, {"supplier": "5599990016"}, 409, "supplier_unknown"),
        (UMEA, {"scopes": [LOOK, "samrad:queue.work"]}, 403, "scope_not_delegable"),
        (UMEA, {"scopes": ["samrad:delegations.manage"]}, 403, "scope_not_delegable"),
        (UMEA, {"scopes": ["samrad:audit.read"]}, 403, "scope_not_delegable"),
        (UMEA, {"scopes": ["anything"]}, 403, "scope_not_delegable"),
        (UMEA, {"validFrom": "2026-02-01"}, 422, "delegation_period_invalid"),
        (UMEA, {"validTo": "2029-02-02"}, 422, "delegation_period_invalid"),
        (UMEA, {"validTo": "2026-02-01"}, 422, "malformed_request"),
        (UMEA, {"scopes": []}, 422, "malformed_request"),
        (UMEA, {"scopes": [LOOK, LOOK]}, 422, "malformed_request"),
        (UMEA, {"supplier": "0007:5599990008"}, 422, "malformed_request"),
        (UMEA, {"approvedBy": "mayor"}, 422, "malformed_request"),
        (UMEA, {"consumer": MALMO}, 422, "malformed_request"),
    ],
)
def test_what_cannot_be_granted_is_refused(
    door: Door, organisation: str, changes: dict[str, Any], status: int, code: str
) -> None:
    assert refusal(grant(door, organisation, **changes)) == (status, code)


def test_three_years_from_today_can_be_granted(door: Door) -> None:
    assert grant(door, validTo="2029-02-01").status_code == 201


def test_without_a_first_day_it_begins_today(door: Door) -> None:
    whole = body()
    del whole["validFrom"]
    made = door.post("/delegations", whole, organisation=UMEA, scopes=[GRANT], actor="chief-1").json()

    assert (made["validFrom"], made["state"]) == (TODAY.isoformat(), "in_force")


def test_who_approves_must_be_stated(door: Door) -> None:
    refused = door.post("/delegations", body(), organisation=UMEA, scopes=[GRANT])

    assert refusal(refused) == (400, "actor_required")


def test_reading_does_not_give_the_right_to_grant_nor_the_other_way(door: Door) -> None:
    made = granted(door)
    path = f"/delegations/{made['delegationId']}"
    answers = [
        door.post("/delegations", body(), organisation=UMEA, scopes=[SEE_GRANTS], actor="x"),
        door.send("POST", f"{path}/withdrawals", organisation=UMEA, scopes=[SEE_GRANTS], actor="x"),
        door.get(path, organisation=UMEA, scopes=[GRANT]),
    ]

    assert [refusal(answer) for answer in answers] == [(403, "scope_missing")] * 3


def test_a_grant_sent_twice_is_one_delegation(door: Door) -> None:
    key = str(uuid4())
    first, second = grant(door, key=key), grant(door, key=key)

    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert refusal(grant(door, key=key, scopes=[LOOK])) == (422, "idempotency_key_reused")


def test_a_withdrawal_is_for_good_and_done_again_it_says_the_same(door: Door) -> None:
    made = granted(door)

    first = withdraw(door, made["delegationId"])
    again = withdraw(door, made["delegationId"], actor="chief-3")

    assert (first.status_code, first.json()["state"], first.json()["withdrawnBy"]) == (200, "withdrawn", "chief-2")
    assert (again.status_code, again.json()) == (200, first.json())
    seen = read(door, f"/delegations/{made['delegationId']}", SUPPLIER).json()
    assert (seen["withdrawnAt"], seen["withdrawnBy"]) == (first.json()["withdrawnAt"], None)


def test_grant_and_withdrawal_stand_in_the_trail_once_each_with_who_and_what(door: Door) -> None:
    made = granted(door)
    withdraw(door, made["delegationId"])
    withdraw(door, made["delegationId"], actor="chief-3")

    answer = door.get(
        f"/audit-entries?objectId={made['delegationId']}", organisation=UMEA, scopes=[AUDIT], actor="hl-1"
    )

    entries = {entry["event"]: entry for entry in answer.json()["entries"]}
    assert len(answer.json()["entries"]) == len(entries) == 2
    assert entries["delegation.granted"]["actor"] == "chief-1"
    assert entries["delegation.granted"]["detail"] == {
        "supplier": f"0007:{SUPPLIER}",
        "scopes": [LOOK, READ_CONSULTATIONS],
        "validFrom": "2026-02-02",
        "validTo": "2027-02-01",
    }
    assert entries["delegation.withdrawn"]["actor"] == "chief-2"
    assert entries["delegation.withdrawn"]["actingOrganisation"] is None


def test_the_list_is_filtered_by_side_and_state_and_paged_without_gap(door: Door) -> None:
    expected = {
        "in_force": granted(door, MALMO),
        "upcoming": granted(door, MALMO, validFrom="2026-02-03"),
        "withdrawn": granted(door, MALMO),
        "ended": granted(door, MALMO, validTo="2026-02-02"),
    }
    withdraw(door, expected["withdrawn"]["delegationId"], MALMO)

    tomorrow = USUAL_NOW + timedelta(days=1)
    with door.clock.at(tomorrow):
        late = granted(door, MALMO, validFrom="2026-02-04")
        found = {state: ids(read(door, f"/delegations?state={state}", MALMO)) for state in expected}
        all_of_them = ids(read(door, "/delegations?role=consumer&limit=100", MALMO))
        assert ids(read(door, "/delegations?role=supplier", MALMO)) == []
        assert set(all_of_them) <= set(ids(read(door, "/delegations?role=supplier&limit=100", SUPPLIER)))
        pages = list(paged(door, MALMO))

    assert found["ended"] == [expected["ended"]["delegationId"]]
    assert found["withdrawn"] == [expected["withdrawn"]["delegationId"]]
    assert found["upcoming"] == [late["delegationId"]]
    assert set(found["in_force"]) == {expected["in_force"]["delegationId"], expected["upcoming"]["delegationId"]}
    assert pages == all_of_them
    assert len(pages) == len(set(pages)) == 5
    assert pages[0] == late["delegationId"]


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["delegationId"] for each in answer.json()["items"]]


def paged(door: Door, organisation: str) -> list[str]:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = read(door, "/delegations", organisation, params={"limit": "2", **cursor})
        seen += ids(page)
        following = page.json()["_links"].get("next")
        if following is None:
            return seen
        cursor = {"cursor": httpx.URL(following["href"]).params["cursor"]}


def test_a_check_says_yes_only_to_what_one_delegation_in_force_covers(door: Door, clock: TestClock) -> None:
    consumer = "2120000142"  # Stockholm, which no other test lets grant
    made = granted(door, consumer)
    mine = {"consumer": consumer, "delegationId": made["delegationId"]}
    yes = {"inForce": True, "delegationId": made["delegationId"]}
    no = {"inForce": False, "delegationId": None}

    assert check(door, **mine) == yes
    assert check(door, **mine, scopes=[LOOK, READ_CONSULTATIONS]) == yes
    assert check(door, consumer=consumer) == yes
    for changes in (
        {**mine, "scopes": [LOOK, "samrad:lookups.read"]},
        {**mine, "consumer": MALMO},
        {**mine, "supplier": UMEA},
        {**mine, "supplier": consumer},
        {**mine, "delegationId": str(uuid4())},
        {"consumer": SUPPLIER, "supplier": consumer},
        {"consumer": "5599990016"},
    ):
        assert check(door, **changes) == no
    with clock.at(USUAL_NOW + timedelta(days=364, hours=13, minutes=59)):
        assert check(door, **mine) == yes
    with clock.at(USUAL_NOW + timedelta(days=364, hours=14)):
        assert check(door, **mine) == no, "it is midnight in Sweden"
    with clock.at(USUAL_NOW - timedelta(hours=10, minutes=1)):
        assert check(door, **mine) == no, "it has not begun"
    withdraw(door, made["delegationId"], consumer)
    assert check(door, **mine) == no


def test_of_several_that_would_do_the_one_that_lasts_longest_is_told(door: Door) -> None:
    consumer = "2120001355"  # Göteborg, which no other test lets grant
    short, long = granted(door, consumer, validTo="2026-03-01"), granted(door, consumer, validTo="2026-04-01")

    assert check(door, consumer=consumer)["delegationId"] == long["delegationId"]
    assert check(door, consumer=consumer, delegationId=short["delegationId"])["inForce"]


def test_a_check_needs_its_own_scope(door: Door) -> None:
    question = {"consumer": UMEA, "supplier": SUPPLIER, "scopes": [LOOK]}
    refused = door.post("/delegation-checks", question, organisation=AF, scopes=[GRANT, SEE_GRANTS])

    assert refusal(refused) == (403, "scope_missing")


# --- the database behind -----------------------------------------------------------------------------------------

INSERT = """
    INSERT INTO delegation (org, id, supplier_org, scopes, valid_from, valid_to, approved_by, created_at)
    VALUES (:org, :id, '0007:5599990008', '{x}', '2026-01-01', '2026-12-31', 'x', now())
"""
ONE = "SELECT 1 FROM delegation WHERE id = :id"


@pytest.mark.parametrize("role", ["owner", "runtime"])
def test_raw_sql_sees_a_delegation_as_one_of_its_two_sides_only(door: Door, loaded: Urls, role: str) -> None:
    url, values = getattr(loaded, role), {"id": granted(door)["delegationId"]}

    for tenant in (None, f"0007:{MALMO}", f"0007:{AF}", "public"):
        assert run_sql(url, ONE, values, tenant=tenant) == []
    for tenant in (f"0007:{UMEA}", f"0007:{SUPPLIER}"):
        assert len(run_sql(url, ONE, values, tenant=tenant)) == 1


@pytest.mark.parametrize("tenant", [None, f"0007:{MALMO}", f"0007:{SUPPLIER}"])
@pytest.mark.parametrize("role", ["owner", "runtime"])
def test_raw_sql_grants_nothing_in_anothers_name(loaded: Urls, tenant: str | None, role: str) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        run_sql(getattr(loaded, role), INSERT, {"org": f"0007:{UMEA}", "id": str(uuid4())}, tenant=tenant)


def test_raw_sql_withdraws_as_the_consumer_only_and_never_takes_it_back(door: Door, loaded: Urls) -> None:
    values = {"id": granted(door)["delegationId"]}
    stop = "UPDATE delegation SET withdrawn_at = now(), withdrawn_by = 'x' WHERE id = :id RETURNING 1"
    back = "UPDATE delegation SET withdrawn_at = NULL, withdrawn_by = NULL WHERE id = :id RETURNING 1"

    for tenant in (None, f"0007:{MALMO}", f"0007:{SUPPLIER}"):
        assert run_sql(loaded.runtime, stop, values, tenant=tenant) == []
    with pytest.raises(DBAPIError, match="row-level security"):
        run_sql(loaded.runtime, back, values, tenant=f"0007:{UMEA}")
    assert len(run_sql(loaded.runtime, stop, values, tenant=f"0007:{UMEA}")) == 1
    for again in (stop, back):
        assert run_sql(loaded.runtime, again, values, tenant=f"0007:{UMEA}") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE delegation SET scopes = '{samrad:queue.work}'",
        "UPDATE delegation SET valid_to = '2099-12-31'",
        "UPDATE delegation SET supplier_org = 'x'",
        "UPDATE delegation SET org = 'x'",
        "DELETE FROM delegation",
    ],
)
def test_the_serving_role_can_change_nothing_but_the_withdrawal(loaded: Urls, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        run_sql(loaded.runtime, statement, tenant=f"0007:{UMEA}")
