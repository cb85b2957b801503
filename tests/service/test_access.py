"""Access as an AND of four, through the door: scope, ground, tenancy and fields, and which of them a refusal names."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services import __main__ as samrad
from services.agreements.grounds.domain import Reason
from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.problems import CHECKS
from shared.vault import Vault
from tests.attack.support import sql
from tests.exchange import NOBODY, Exchange, consultation_body, lookup_body
from tests.openapi_check import document

BASE = "/consultation/v1"
DAY = timedelta(days=1)


def sources(answer: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {source["source"]: source for source in answer["sources"]}


def owner(exchange: Exchange, database: str, statement: str, *values: object) -> None:
    """One statement as the role that owns the tables of a service."""

    async def run() -> None:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database=database, user=f"{database}_owner", host=host)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    asyncio.run(run())


@contextmanager
def ground_ends(exchange: Exchange, information_set: str, last: date) -> Iterator[None]:
    """The grounds of an information set end on a day, and are as before afterwards."""
    end = "UPDATE ground SET valid_to = $2 WHERE information_set = $1 AND valid_to IS NULL"
    again = "UPDATE ground SET valid_to = NULL WHERE information_set = $1 AND valid_to = $2"
    owner(exchange, "agreements", end, information_set, last)
    try:
        yield
    finally:
        owner(exchange, "agreements", again, information_set, last)


@contextmanager
def legal_text(exchange: Exchange, text: str) -> Iterator[None]:
    """Umeå states these words on the law, and its own again afterwards."""

    async def change(words: Mapping[str, str]) -> dict[str, str]:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database="consultation", user="postgres", host=host)
        mine = "org = '0007:2120002627' AND upper_inf(valid)"
        try:
            rows = await connection.fetch(f"SELECT purpose, legal_text FROM tenant_purpose WHERE {mine}")
            for purpose in [row["purpose"] for row in rows]:
                changed = words.get(purpose, text)
                update = f"UPDATE tenant_purpose SET legal_text = $2 WHERE {mine} AND purpose = $1"
                await connection.execute(update, purpose, changed)
            return {row["purpose"]: row["legal_text"] for row in rows}
        finally:
            await connection.close()

    before = asyncio.run(change({}))
    try:
        yield
    finally:
        asyncio.run(change(before))


# --- which of the four ------------------------------------------------------------------------------------------


def refusals(exchange: Exchange) -> Iterator[tuple[str, str, httpx.Response]]:
    """One refusal by each check, with its code."""
    path = f"{BASE}/lookups"
    body = lookup_body("complete", exchange.clock())
    yield "scope", "scope_missing", exchange.send("af-workbench", "GET", f"{path}/{NOBODY}")
    yield "ground", "kind_not_permitted", exchange.send("akassa", "POST", path, body)
    insurance = consultation_body(type="information_request", purpose="unemployment_insurance")
    yield "ground", "no_ground", exchange.send("umea", "POST", f"{BASE}/consultations", insurance)
    yield "tenancy", "not_found", exchange.send("umea", "GET", f"{path}/{NOBODY}")
    outside = {**body, "purpose": "financial_aid_recovery", "sources": ["TNS"]}
    yield "fields", "source_outside_purpose", exchange.send("umea", "POST", path, outside)


def test_a_refusal_says_in_both_languages_which_of_the_four_failed(exchange: Exchange) -> None:
    seen = set()
    for check, code, refused in refusals(exchange):
        problem = refused.json()
        assert (problem["failedCheck"], problem["code"]) == (check, code)
        assert all(problem["texts"][language]["title"] for language in ("sv", "en"))
        assert problem["texts"]["sv"]["title"] != problem["texts"]["en"]["title"]
        seen.add(check)
    assert seen == set(CHECKS)


def test_a_refusal_that_is_not_about_access_names_no_check(exchange: Exchange) -> None:
    refused = exchange.look_up("complete", caseReference="E" * 32)

    assert "failedCheck" not in refused.json()


def test_the_document_lists_the_four_checks() -> None:
    schema = document("consultation")["components"]["schemas"]["Problem"]["properties"]["failedCheck"]
    assert schema["enum"] == list(CHECKS) == ["scope", "ground", "tenancy", "fields"]
    assert document("agreements")["components"]["schemas"]["Problem"]["properties"]["failedCheck"]["enum"] == [
        "scope",
        "tenancy",
    ]


def test_the_checks_stand_in_words_among_the_code_lists(exchange: Exchange) -> None:
    lists = exchange.http.get(f"{exchange.base_url}{BASE}/code-lists").json()["lists"]
    listed = {each["name"]: {code["code"] for code in each["codes"]} for each in lists}

    assert listed["accessChecks"] == set(CHECKS)
    assert listed["groundReasons"] == {reason.value for reason in Reason}


def test_what_is_anothers_and_what_does_not_exist_are_refused_alike_by_tenancy(exchange: Exchange) -> None:
    theirs = exchange.open("malmo")["consultationId"]
    lookup = exchange.look_up("complete", "malmo").json()
    told = [exchange.send("umea", "GET", f"{BASE}/consultations/{thing}").json() for thing in (theirs, NOBODY)]
    assert {**told[0], "instance": ""} == {**told[1], "instance": ""}
    assert told[0]["failedCheck"] == "tenancy"

    tied = []
    for thing in (lookup["lookupId"], NOBODY):
        body = consultation_body(lookupId=thing, caseReference=lookup["caseReference"])
        tied.append(exchange.send("umea", "POST", f"{BASE}/consultations", body).json())
    assert {**tied[0], "instance": ""} == {**tied[1], "instance": ""}
    assert (tied[0]["code"], tied[0]["failedCheck"]) == ("lookup_not_usable", "tenancy")


@pytest.mark.requirement(6)
def test_an_a_kassa_may_request_information_and_is_refused_a_look_up_by_its_kind(exchange: Exchange) -> None:
    body = consultation_body(type="information_request", purpose="unemployment_insurance")
    opened = exchange.send("akassa", "POST", f"{BASE}/consultations", body)
    before = len(exchange.sent_to_sources)
    refused = exchange.look_up("complete", "akassa")

    assert opened.status_code == 201
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["failedCheck"]) == (403, "kind_not_permitted", "ground")
    assert {item["reason"] for item in problem["items"]} == {"kind_not_permitted"}
    assert len(exchange.sent_to_sources) == before


# --- the ground and its days ------------------------------------------------------------------------------------


@pytest.mark.requirement(80)
def test_a_municipality_whose_ground_ended_yesterday_is_refused_from_today(exchange: Exchange) -> None:
    yesterday = datetime.now(SWEDEN).date() - DAY
    midnight = datetime.combine(yesterday + DAY, datetime.min.time(), SWEDEN)
    with ground_ends(exchange, "lookup.csn", yesterday):
        exchange.clock.move_to(midnight - timedelta(minutes=1))
        the_last_minute = exchange.look_up("complete", sources=["CSN"])
        exchange.clock.move_to(midnight)
        before = len(exchange.sent_to_sources)
        from_today = exchange.look_up("complete", sources=["CSN"])
        with_another = exchange.look_up("complete", sources=["AF", "CSN"])
        asked = len(exchange.sent_to_sources) - before
        another = exchange.look_up("complete", sources=["AF"])

    assert the_last_minute.status_code == 200
    for refused in (from_today, with_another):
        assert (refused.status_code, refused.json()["code"], refused.json()["failedCheck"]) == (
            403,
            "no_ground",
            "ground",
        )
        assert refused.json()["items"] == [{"informationSet": "lookup.csn", "reason": "no_ground_in_force"}]
    assert asked == 0
    assert another.status_code == 200


@pytest.mark.requirement(80)
def test_a_ground_that_ends_while_people_work_bites_within_seconds(exchange: Exchange) -> None:
    assert exchange.look_up("complete", sources=["TNS"]).status_code == 200
    with ground_ends(exchange, "lookup.tns", datetime.now(SWEDEN).date() - DAY):
        exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=6))
        assert exchange.look_up("complete", sources=["TNS"]).status_code == 403
    exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=12))
    assert exchange.look_up("complete", sources=["TNS"]).status_code == 200


# --- the fields of the purpose ----------------------------------------------------------------------------------


@pytest.mark.requirement(13)
def test_a_recovery_is_told_what_was_paid_and_nothing_else(exchange: Exchange) -> None:
    whole = sources(exchange.look_up("complete").json())
    answer = exchange.look_up("complete", purpose="financial_aid_recovery").json()
    limited = sources(answer)

    assert set(limited["AF"]["data"]) == {"decisions", "status", "reference", "schemaVersion"}
    assert set(limited["AF"]["items"]) == {"decisions", "status"}
    assert [set(case) for case in limited["CSN"]["data"]["cases"]] == [{"kind", "form", "payments"}]
    assert set(limited["FK"]["data"]) == {"payments", "suppliers", "deviations"}
    assert [set(fund) for fund in limited["SO"]["data"]["funds"]] == [{"name", "payments"}]
    assert limited["AF"]["data"]["decisions"] == whole["AF"]["data"]["decisions"]
    assert answer["complete"] is True
    for name in ("AF", "CSN", "FK", "SO"):
        assert limited[name]["state"] == "answered"
        assert limited[name]["leftOut"]["by"] == "purpose"
        assert limited[name]["leftOut"]["fields"]
        assert whole[name]["leftOut"] is None
        assert limited[name]["legalBasis"] == whole[name]["legalBasis"]
    assert all(limited[name]["leftOut"] is None for name in ("SKV", "TNS", "MIV")), "what is not asked is not left out"


@pytest.mark.requirement(13)
def test_what_the_purpose_leaves_out_is_nowhere_in_the_answer_or_its_record(exchange: Exchange) -> None:
    whole = sources(exchange.look_up("complete").json())
    answer = exchange.look_up("complete", purpose="financial_aid_recovery")
    report = whole["AF"]["data"]["activityReport"]
    closed = [whole["AF"]["data"]["registered"], report["latest"] or report["message"]]
    limited = json.dumps([each["data"] for each in answer.json()["sources"]], ensure_ascii=False)
    for value in closed:
        assert value in json.dumps(whole, ensure_ascii=False)
        assert f'"{value}"' not in limited

    record = exchange.send("umea", "GET", f"{BASE}/lookups/{answer.json()['lookupId']}")
    assert "jobseeker" not in record.text


def test_a_person_who_has_only_what_the_purpose_leaves_out_looks_like_one_who_has_nothing(exchange: Exchange) -> None:
    assert sources(exchange.look_up("fund_suspended").json())["SO"]["items"] == ["suspensions", "applications"]
    with_something = sources(exchange.look_up("fund_suspended", purpose="financial_aid_recovery").json())
    with_nothing = sources(exchange.look_up("nothing_registered", purpose="financial_aid_recovery").json())

    for name in ("AF", "SO"):
        assert with_something[name]["state"] == "answered_empty"
        for member in ("state", "code", "messages", "deviations", "items", "leftOut", "data"):
            assert with_something[name][member] == with_nothing[name][member], (name, member)


@pytest.mark.requirement(107)
def test_the_trail_lists_exactly_the_fields_that_left(exchange: Exchange) -> None:
    made = exchange.look_up("complete", purpose="financial_aid_recovery").json()
    path = f"{BASE}/audit-entries?objectId={made['lookupId']}"
    entries = exchange.send("umea", "GET", path).json()["entries"]

    (disclosed,) = [entry for entry in entries if entry["event"] == "lookup.disclosed"]
    assert disclosed["detail"]["fields"] == {
        "AF": ["decisions", "status"],
        "CSN": ["payments"],
        "FK": ["payments", "suppliers"],
        "SO": ["payments"],
    }


def test_a_limited_answer_told_again_is_limited_still(exchange: Exchange) -> None:
    body = lookup_body("complete", exchange.clock(), purpose="financial_aid_recovery")
    key = str(uuid.uuid4())

    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    again = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)

    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    path = f"{BASE}/audit-entries?objectId={first.json()['lookupId']}"
    entries = exchange.send("umea", "GET", path).json()["entries"]
    assert entries[0]["detail"]["fields"] == entries[1]["detail"]["fields"]
    assert entries[0]["detail"]["repeated"] is True
    assert entries[0]["detail"]["decision"]["grounds"] == entries[2]["detail"]["decision"]["grounds"]


@pytest.mark.requirement(80)
def test_an_answer_is_not_told_again_when_its_ground_has_ended_since(exchange: Exchange) -> None:
    body = lookup_body("complete", exchange.clock(), sources=["TNS"])
    key = str(uuid.uuid4())
    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    with ground_ends(exchange, "lookup.tns", datetime.now(SWEDEN).date() - DAY):
        exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=6))
        again = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=12))
    once_more = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)

    assert first.status_code == 200
    assert (again.status_code, again.json()["failedCheck"]) == (403, "ground")
    assert once_more.json() == first.json()


def test_an_answer_is_not_told_again_when_its_ground_opens_less_than_it_did(exchange: Exchange) -> None:
    body = lookup_body("complete", exchange.clock(), sources=["TNS"])
    key = str(uuid.uuid4())
    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    less = "UPDATE ground SET fields = $1 WHERE information_set = 'lookup.tns' RETURNING id"
    before = sql(
        exchange, "SELECT DISTINCT fields FROM ground WHERE information_set = 'lookup.tns'", database="agreements"
    )
    assert len(before) == 1
    sql(exchange, less, [], database="agreements")
    try:
        exchange.clock.move_to(datetime.now(UTC) + timedelta(seconds=6))
        again = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    finally:
        sql(exchange, less, before[0]["fields"], database="agreements")

    assert again.json()["lookupId"] != first.json()["lookupId"]
    assert sources(first.json())["TNS"]["data"]
    assert not sources(again.json())["TNS"]["data"]


def test_an_answer_that_an_older_version_has_kept_is_asked_for_anew_by_todays_rules(exchange: Exchange) -> None:
    body = lookup_body("complete", exchange.clock(), purpose="financial_aid_recovery")
    key = str(uuid.uuid4())
    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key).json()
    older = {name: value for name, value in first.items() if name != "warnings"}
    sealed = exchange.vault().seal(json.dumps(older).encode(), "idempotency")
    key_hash = hashlib.sha256(key.encode()).digest()
    sql(exchange, "UPDATE idempotency_record SET body = $1 WHERE key_hash = $2", sealed, key_hash)

    anew, again = (exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key) for _ in range(2))
    other = exchange.send("umea", "POST", f"{BASE}/lookups", {**body, "caseReference": "EB-2026-9"}, key=key)

    assert (anew.status_code, anew.json()["lookupId"] != first["lookupId"]) == (200, True)
    assert "idempotent-replayed" not in anew.headers
    assert sources(anew.json())["AF"]["leftOut"] is not None
    assert (again.headers["idempotent-replayed"], again.json()) == ("true", anew.json())
    assert other.json()["code"] == "idempotency_key_reused"


def test_an_answer_whose_seal_does_not_open_any_more_is_a_clear_problem(exchange: Exchange) -> None:
    body, key = lookup_body("complete", exchange.clock(), sources=["AF"]), str(uuid.uuid4())
    exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    sealed, key_hash = Vault(bytes(32), bytes(32)).seal(b"{}", "idempotency"), hashlib.sha256(key.encode()).digest()
    sql(exchange, "UPDATE idempotency_record SET body = $1 WHERE key_hash = $2", sealed, key_hash)

    refused = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)

    assert (refused.status_code, refused.json()["code"]) == (409, "kept_answer_lost")


@pytest.mark.requirement(4, 13)
def test_a_consultation_carries_only_the_af_items_that_the_municipality_was_told(exchange: Exchange) -> None:
    lookup = exchange.look_up("complete", purpose="financial_aid_recovery").json()
    body = consultation_body(
        lookupId=lookup["lookupId"], caseReference=lookup["caseReference"], purpose="financial_aid_recovery"
    )
    del body["person"]
    opened = exchange.send("umea", "POST", f"{BASE}/consultations", body).json()

    whole = exchange.send("af-workbench", "GET", f"{BASE}/consultations/{opened['consultationId']}").json()

    assert set(whole["afItems"]) == {"decisions", "status"}


# --- warnings about the law -------------------------------------------------------------------------------------


def test_a_source_that_rests_on_an_unverified_basis_is_warned_about(exchange: Exchange) -> None:
    with_both = exchange.look_up("complete", sources=["AF", "TNS", "MIV"]).json()
    without = exchange.look_up("complete", sources=["AF"]).json()

    (warning,) = with_both["warnings"]
    assert (warning["code"], warning["sources"]) == ("ground_not_verified", ["TNS", "MIV"])
    assert "TNS" in warning["texts"]["sv"]
    assert "not been verified" in warning["texts"]["en"]
    assert without["warnings"] == []


@pytest.mark.requirement(80)
@pytest.mark.parametrize(
    ("text", "replacement"),
    [
        ("11 kap. 11 a § SoL", "sfs-2025-400-15-10"),
        ("Instruktionen (förordning 2007:1030)", "sfs-2022-811"),
        ("15 kap. 10-12 §§ socialtjänstlagen (2025:400)", None),
    ],
)
def test_a_legal_text_that_states_a_repealed_rule_is_warned_about(
    exchange: Exchange, text: str, replacement: str | None
) -> None:
    with legal_text(exchange, text):
        answer = exchange.look_up("complete", sources=["AF"])

    assert answer.status_code == 200
    assert answer.json()["legalText"] == text
    found = [(each["code"], each["replacement"]["legalBasisId"]) for each in answer.json()["warnings"]]
    assert found == ([("no_longer_in_force", replacement)] if replacement else [])


@pytest.mark.requirement(80)
def test_the_older_act_is_warned_about_from_the_first_of_july_2025(exchange: Exchange) -> None:
    told = []
    with legal_text(exchange, "11 kap. 11 a § SoL"):
        for instant in (datetime(2025, 7, 1, 10, tzinfo=UTC), datetime(2025, 6, 30, 10, tzinfo=UTC)):
            exchange.clock.move_to(instant)
            told.append([each["code"] for each in exchange.look_up("complete", sources=["AF"]).json()["warnings"]])

    assert told == [["no_longer_in_force"], []]


@pytest.mark.requirement(80)
def test_loading_a_profile_that_states_a_repealed_rule_warns_and_loads_it(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = {"purpose": "financial_aid_application", "from": "2025-07-01", "to": None, "purposeText": "Ansökan"}
    profile = {"organisationNumber": "162120001355", "name": "Göteborgs kommun", "actorId": "x"}
    profiles = [{**profile, "purposes": [{**text, "legalText": "11 kap. 11 a § SoL"}]}]
    file = tmp_path / "tenants.json"
    file.write_text(json.dumps({"tenants": profiles}), "utf-8")
    url = exchange.postgres.url("consultation", "consultation_owner")
    monkeypatch.setenv("SAMRAD_CONSULTATION_MIGRATION_DATABASE_URL", url)

    assert samrad.main(["tenants", str(file)]) == 0

    told = capsys.readouterr()
    assert told.out == "loaded 1 tenants\n"
    assert "2120001355 financial_aid_application 2025-07-01: 11 kap." in told.err
    assert "15 kap. 10–12 §§ socialtjänstlagen (2025:400)" in told.err
    for table in ("tenant_purpose", "tenant_profile"):
        sql(exchange, f"DELETE FROM {table} WHERE org = '0007:2120001355'")


# --- identity numbers -------------------------------------------------------------------------------------------


@pytest.mark.requirement(106)
@pytest.mark.parametrize("operation", ["lookups", "consultations", "protected-persons"])
def test_a_samordningsnummer_is_accepted_and_a_wrong_check_digit_refused_without_repeating_it(
    exchange: Exchange, operation: str
) -> None:
    number = PERSONS["coordination_permit"].number
    assert int(number[6:8]) > 60
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    bodies: dict[str, dict[str, Any]] = {
        "lookups": lookup_body("complete", exchange.clock(), sources=["AF"]),
        "consultations": consultation_body(),
        "protected-persons": {},
    }
    path, body = f"{BASE}/{operation}", bodies[operation]

    refused = exchange.send("umea", "POST", path, {**body, "person": wrong})
    assert (refused.status_code, refused.json()["code"]) == (422, "person_number_invalid")
    for form in (wrong, wrong[2:], f"{wrong[:8]}-{wrong[8:]}", wrong[-4:]):
        assert form not in json.dumps({**refused.json(), "instance": ""})
    if operation != "protected-persons":
        assert exchange.send("umea", "POST", path, {**body, "person": number}).status_code in (200, 201)
