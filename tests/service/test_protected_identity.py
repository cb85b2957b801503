"""Protected identity: a mark by anybody hides the person from everybody, in lists always, and by id without a scope."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from services.consultation.lookups.simulator import persons as simulated
from services.consultation.lookups.simulator.persons import PERSONS, number
from services.consultation.main import MIGRATIONS
from tests.attack.support import act, sql
from tests.exchange import Exchange, consultation_body, lookup_body
from tests.reading import whole

BASE = "/consultation/v1"
MARKS, REMOVALS = f"{BASE}/protected-persons", f"{BASE}/protected-persons/removals"
CONSULTATIONS = f"{BASE}/consultations"

_serials = iter(range(100, 999))


def somebody() -> str:
    """A person whom no other test knows; the simulator answers that nothing is registered."""
    return number("18950315", str(next(_serials)))


@contextmanager
def marked(exchange: Exchange, person: str, name: str = "malmo") -> Iterator[str]:
    """Marked by hand inside the block; gives the id of the mark."""
    made = exchange.send(name, "POST", MARKS, {"person": person})
    assert made.status_code == 201, made.text
    try:
        yield made.json()["markId"]
    finally:
        assert exchange.send(name, "POST", REMOVALS, {"person": person}).status_code == 200


def looked_up(exchange: Exchange, person: str, name: str = "umea", **changes: Any) -> dict[str, Any]:
    body = {**lookup_body("complete", exchange.clock(), **changes), "person": person}
    answer = exchange.send(name, "POST", f"{BASE}/lookups", body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def read(exchange: Exchange, name: str, receipt: dict[str, Any]) -> dict[str, Any]:
    answer = exchange.send(name, "GET", f"{CONSULTATIONS}/{receipt['consultationId']}")
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


def numbers_in(exchange: Exchange, name: str, path: str, **more: Any) -> set[str]:
    """Every page of a list."""
    return {each["number"] for each in whole(exchange, name, path, "consultations", **more)}


def trail(exchange: Exchange, name: str, event: str, object_id: str) -> list[dict[str, Any]]:
    """The entries of an event about one record that the organisation may read, newest first."""
    path = f"{BASE}/audit-entries?limit=100&objectId={object_id}"
    return [entry for entry in exchange.send(name, "GET", path).json()["entries"] if entry["event"] == event]


def emptied(answer: dict[str, Any]) -> bool:
    return all(
        each["data"] is None and not (each["items"] or each["messages"] or each["deviations"])
        for each in answer["sources"]
    )


# --- look-ups ---------------------------------------------------------------------------------------------------


def test_a_mark_by_one_organisation_withholds_content_from_every_other(exchange: Exchange) -> None:
    person = somebody()
    before = looked_up(exchange, person)
    with marked(exchange, person, "malmo"):
        during = looked_up(exchange, person)
    after = looked_up(exchange, person)

    assert (before["protectedIdentity"], before["withheld"]) == (False, False)
    assert (during["protectedIdentity"], during["withheld"]) == (True, True)
    assert emptied(during)
    assert not emptied(before)
    assert (after["protectedIdentity"], after["withheld"]) == (False, False)


def test_what_a_source_marks_for_one_organisation_protects_from_all(exchange: Exchange) -> None:
    assert exchange.look_up("protected_by_csn", "malmo").json()["withheld"]

    # Umeå leaves CSN out, and so would never have seen the mark itself.
    told = exchange.look_up("protected_by_csn", "umea", sources=["AF"]).json()

    assert (told["protectedIdentity"], told["withheld"]) == (True, True)
    assert emptied(told)


def test_a_sources_mark_ends_when_that_source_is_read_in_full_and_no_longer_makes_it(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody()

    def af_answers_like(name: str) -> None:
        monkeypatch.setitem(simulated._BY_NUMBER, person, replace(PERSONS[name], number=person))

    af_answers_like("protected_by_af")
    assert looked_up(exchange, person, "malmo")["withheld"]
    assert looked_up(exchange, person, "umea")["withheld"]

    # A source that fails, is not asked, or was lost in part says nothing about AF's mark.
    af_answers_like("af_late")
    assert looked_up(exchange, person)["withheld"]
    af_answers_like("complete")
    assert looked_up(exchange, person, sources=["CSN"])["withheld"]

    assert looked_up(exchange, person, "umea")["withheld"], "Malmö's look-up has marked her too"
    ended = looked_up(exchange, person, "malmo")
    assert (ended["protectedIdentity"], ended["withheld"]) == (False, False)
    assert not looked_up(exchange, person, "umea")["withheld"]
    ends = sql(exchange, "SELECT id FROM protected_person WHERE lookup_id IS NOT NULL AND ended_at IS NOT NULL")
    told = [found for row in ends if (found := trail(exchange, "malmo", "person.protection_ended", str(row["id"])))]
    assert ("AF", ended["lookupId"]) in {(each["detail"]["source"], each["detail"]["lookup"]) for each, *_ in told}


def test_content_leaves_only_under_the_special_scope_and_the_trail_says_so(exchange: Exchange) -> None:
    person = somebody()
    with marked(exchange, person):
        with_scope = looked_up(exchange, person, "umea-protected")
        without = looked_up(exchange, person)
    (seen,) = trail(exchange, "umea", "lookup.disclosed", with_scope["lookupId"])
    (withheld,) = trail(exchange, "umea", "lookup.withheld", without["lookupId"])

    assert (with_scope["protectedIdentity"], with_scope["withheld"]) == (True, False)
    assert not emptied(with_scope)
    assert without["withheld"]
    assert seen["detail"]["protectedIdentity"] is True
    assert seen["detail"]["underScope"] == "samrad:protected.read"
    assert (withheld["outcome"], withheld["detail"]["fields"]) == ("refused", {})
    assert "underScope" not in withheld["detail"]


def test_an_answer_kept_from_before_the_mark_is_not_told_again_in_full(exchange: Exchange) -> None:
    person, key = somebody(), str(uuid.uuid4())
    body = {**lookup_body("complete", exchange.clock()), "person": person}
    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    with marked(exchange, person):
        again = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key)
    (entry,) = trail(exchange, "umea", "lookup.withheld", first.json()["lookupId"])

    assert not emptied(first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["lookupId"] == first.json()["lookupId"]
    assert (again.json()["withheld"], emptied(again.json())) == (True, True)
    assert (entry["outcome"], entry["detail"]["repeated"], entry["detail"]["fields"]) == ("refused", True, {})


def test_an_answer_told_again_holds_no_more_than_a_new_one_would(exchange: Exchange) -> None:
    person, key = PERSONS["complete"].number, str(uuid.uuid4())
    body = {**lookup_body("complete", exchange.clock(), comparison={"month": "2026-10"}), "person": person}
    first = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key).json()
    with marked(exchange, person):
        again = exchange.send("umea", "POST", f"{BASE}/lookups", body, key=key).json()
        new = exchange.send("umea", "POST", f"{BASE}/lookups", body).json()

    assert {part["name"] for each in first["sources"] for part in each["parts"]} > {"Exempelkassan"}
    for told in (again, new):
        for name in ("lookupId", "askedAt", "answeredAt", "attempts", "_links"):
            del told[name]
        for source in told["sources"]:
            del source["answeredAt"], source["tookMs"], source["age"]
    assert again == new


def test_an_answer_kept_under_the_special_scope_is_not_told_again_without_it(exchange: Exchange) -> None:
    person, key = somebody(), str(uuid.uuid4())
    body = {**lookup_body("complete", exchange.clock()), "person": person}
    fewer = {"samrad:lookups.create"}
    with marked(exchange, person):
        first = exchange.send("umea-protected", "POST", f"{BASE}/lookups", body, key=key).json()
    narrow = exchange.client("umea-protected", scopes=fewer)
    headers = {"Samrad-Handler": "hl-1", "Idempotency-Key": key}
    again = narrow.request("POST", f"{exchange.base_url}{BASE}/lookups", headers=headers, json=body).json()

    assert (first["withheld"], emptied(first)) == (False, False)
    assert (again["withheld"], emptied(again)) == (True, True)


# --- consultations ----------------------------------------------------------------------------------------------


def test_a_consultation_about_a_person_marked_by_another_organisation_goes_by_phone(exchange: Exchange) -> None:
    person = somebody()
    body, key = consultation_body(person=person), str(uuid.uuid4())
    with marked(exchange, person, "malmo"):
        refused = exchange.send("umea", "POST", CONSULTATIONS, body)
        with_key = exchange.send("umea", "POST", CONSULTATIONS, body, key=key)
    written = "SELECT 1 FROM consultation WHERE case_reference = $1"
    assert sql(exchange, written, body["caseReference"]) == [], "nothing has been written"
    assert with_key.status_code == 409
    opened = exchange.send("umea", "POST", CONSULTATIONS, consultation_body(person=person))

    assert (refused.status_code, refused.json()["code"]) == (409, "protected_identity")
    assert "myndighetslinje" in refused.json()["texts"]["sv"]["action"]
    assert person not in refused.text
    assert opened.status_code == 201


def test_one_opened_before_the_mark_disappears_from_every_list_whatever_the_scope(exchange: Exchange) -> None:
    person = somebody()
    receipt = exchange.open(person=person)
    other = exchange.open(person=somebody())
    act(exchange, "af-workbench", receipt, "claims", 1, handler="af-7")

    def lists() -> list[set[str]]:
        return [
            numbers_in(exchange, "umea", CONSULTATIONS),
            numbers_in(exchange, "umea", f"{CONSULTATIONS}?state=in_progress"),
            numbers_in(exchange, "umea-protected", CONSULTATIONS),
            numbers_in(exchange, "af-workbench", f"{BASE}/queue"),
            numbers_in(exchange, "af-workbench", f"{BASE}/queue?assigned=me", handler="af-7"),
        ]

    before = lists()
    with marked(exchange, person):
        during = lists()
    after = lists()

    assert all(receipt["number"] in listed for listed in before)
    assert not any(receipt["number"] in listed for listed in during)
    assert other["number"] in during[0]
    assert other["number"] in during[3]
    assert after == before


def test_by_id_it_is_told_without_person_and_words_unless_the_scope_is_held(exchange: Exchange) -> None:
    person = somebody()
    lookup = looked_up(exchange, person)
    asked = {"caseReference": "EB-TEST-1", "person": person, "question": "Hemligt", "cooperation": "individual"}
    receipt = exchange.open(lookupId=lookup["lookupId"], **asked)
    with marked(exchange, person, "malmo"):
        asker, answerer = read(exchange, "umea", receipt), read(exchange, "af-workbench", receipt)
        holder = read(exchange, "umea-protected", receipt)
    withheld = trail(exchange, "umea", "consultation.withheld", receipt["consultationId"])
    (seen,) = trail(exchange, "umea", "consultation.read", receipt["consultationId"])

    for told in (asker, answerer):
        assert (told["protectedIdentity"], told["withheld"]) == (True, True)
        assert (told["person"], told["messages"], told["afItems"], told["lookupSources"]) == (None, [], [], [])
        assert (told["lookupId"], told["cooperation"]) == (None, None)
        assert "Hemligt" not in json.dumps(told)
        assert (told["number"], told["version"]) == (receipt["number"], 1)
    assert answerer["caseReference"] is None
    assert (holder["protectedIdentity"], holder["withheld"], holder["person"]) == (True, False, person)
    assert (holder["messages"][0]["text"], holder["cooperation"]) == ("Hemligt", "individual")
    assert [(each["outcome"], each["detail"]["fields"]) for each in withheld] == [("refused", ["leadTime"])] * 2
    assert seen["detail"]["underScope"] == "samrad:protected.read"


def test_nothing_more_is_written_about_the_person_and_the_asker_may_still_withdraw(exchange: Exchange) -> None:
    person = somebody()
    free, claimed, waiting = (exchange.open(person=person) for _ in range(3))
    act(exchange, "af-workbench", claimed, "claims", 1)
    act(exchange, "af-workbench", waiting, "claims", 1)
    act(exchange, "af-workbench", waiting, "questions", 2, "Vilken period?")
    with marked(exchange, person, "umea"):
        refused = [
            act(exchange, "af-workbench", free, "claims", 1),
            act(exchange, "af-workbench", claimed, "questions", 2, "x"),
            act(exchange, "af-workbench", claimed, "answers", 2, "x"),
            act(exchange, "umea", waiting, "replies", 3, "x"),
        ]
        released = act(exchange, "af-workbench", claimed, "releases", 2)
        withdrawn = act(exchange, "umea", free, "withdrawals", 1)

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(409, "protected_identity")] * 4
    assert (released.status_code, withdrawn.status_code) == (200, 200)
    assert read(exchange, "umea", waiting)["version"] == 3
    audited = trail(exchange, "af-workbench", "request.refused", claimed["consultationId"])
    assert [entry["detail"]["reason"] for entry in audited] == ["protected_identity"] * 2
    assert all(entry["subject"] for entry in audited)


def test_figures_count_the_same_with_a_mark_as_without(exchange: Exchange) -> None:
    person = somebody()
    exchange.open(person=person)

    def figures() -> dict[str, Any]:
        told: dict[str, Any] = exchange.send("dashboard", "GET", f"{BASE}/work-in-progress").json()
        return told

    exchange.clock.stand_at(datetime.now(UTC))
    before = figures()
    with marked(exchange, person):
        assert figures() == before


# --- marks by hand ----------------------------------------------------------------------------------------------


def test_only_ones_own_mark_can_be_removed_and_nobody_is_told_of_anothers(exchange: Exchange) -> None:
    person, unmarked = somebody(), somebody()
    with marked(exchange, person, "malmo"):
        anothers = exchange.send("umea", "POST", REMOVALS, {"person": person})
        nobodys = exchange.send("umea", "POST", REMOVALS, {"person": unmarked})
        first = exchange.send("umea", "POST", MARKS, {"person": person})
        again = exchange.send("umea", "POST", MARKS, {"person": person})
        fresh = exchange.send("umea", "POST", MARKS, {"person": unmarked})
        removed = exchange.send("umea", "POST", REMOVALS, {"person": person})
        assert looked_up(exchange, person)["withheld"], "Malmö's mark is still in force"
    exchange.send("umea", "POST", REMOVALS, {"person": unmarked})

    assert {**anothers.json(), "instance": ""} == {**nobodys.json(), "instance": ""}
    assert anothers.status_code == 404
    # That Malmö has marked her does not show in the answer to a mark of one's own.
    assert (first.status_code, fresh.status_code, again.status_code) == (201, 201, 200)
    assert first.json().keys() == fresh.json().keys()
    assert again.json() == first.json()
    assert removed.json()["markId"] == first.json()["markId"]


def test_a_sources_mark_cannot_be_removed_by_hand(exchange: Exchange) -> None:
    assert exchange.look_up("protected_by_csn", "umea").json()["withheld"]

    refused = exchange.send("umea", "POST", REMOVALS, {"person": PERSONS["protected_by_csn"].number})

    assert refused.status_code == 404
    assert exchange.look_up("protected_by_csn", "umea").json()["withheld"]


@pytest.mark.requirement(107)
def test_marks_begin_and_end_in_the_trail_by_who_and_about_whom(exchange: Exchange) -> None:
    person = somebody()
    with marked(exchange, person, "umea") as mark:
        lookup = looked_up(exchange, person)
    (begun,) = trail(exchange, "umea", "person.protection_marked", mark)
    (ended,) = trail(exchange, "umea", "person.protection_ended", mark)
    (withheld,) = trail(exchange, "umea", "lookup.withheld", lookup["lookupId"])

    assert begun["actor"] == ended["actor"] == "hl-1"
    assert begun["subject"] == ended["subject"] == withheld["subject"]
    assert begun["detail"] == {"origin": "hand"}
    assert person not in json.dumps([begun, ended])


def test_a_mark_sent_again_with_its_key_answers_the_same(exchange: Exchange) -> None:
    person, key = somebody(), str(uuid.uuid4())
    first = exchange.send("umea", "POST", MARKS, {"person": person}, key=key)
    again = exchange.send("umea", "POST", MARKS, {"person": person}, key=key)
    exchange.send("umea", "POST", REMOVALS, {"person": person})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


def test_the_database_tells_yes_or_no_and_never_who_has_marked(exchange: Exchange) -> None:
    person = somebody()
    with marked(exchange, person, "malmo"):
        (row,) = sql(exchange, "SELECT person_mark FROM protected_person ORDER BY marked_at DESC LIMIT 1")
        as_umea = "SELECT set_config('app.org', '0007:2120002627', false)"
        mark = f"'\\x{row['person_mark'].hex()}'::bytea"
        role = "consultation_runtime"
        known = sql(exchange, f"SELECT is_protected({mark}) AS known", role=role, first=as_umea)
        rows = f"SELECT 1 FROM protected_person WHERE person_mark = {mark}"
        assert known[0]["known"] is True
        assert sql(exchange, rows, role=role, first=as_umea) == []


def test_what_look_ups_had_marked_before_the_table_is_carried_over(exchange: Exchange) -> None:
    host = str(exchange.postgres.socket_directory)

    async def older_database() -> None:
        connection = await asyncpg.connect(database="postgres", user="postgres", host=host)
        await connection.execute("DROP DATABASE IF EXISTS carried")
        await connection.execute("CREATE DATABASE carried OWNER consultation_owner")
        await connection.close()

    def to(revision: str) -> None:
        engine = create_async_engine(exchange.postgres.url("carried", "consultation_owner"))

        async def run() -> None:
            async with engine.begin() as connection:
                await connection.run_sync(upgrade_to, revision)
            await engine.dispose()

        asyncio.run(run())

    asyncio.run(older_database())
    to("0001")
    columns = """
        INSERT INTO lookup (org, id, asked_at, client_id, handler, case_reference, person_mark, person_sealed, purpose,
            purpose_text, legal_text, period, decision_id, decision_version, sources, protected_identity)
        SELECT org, gen_random_uuid(), now(), 'c', 'h', 'EB', mark::bytea, '', 'p', 'p', 'l', '[2026-01-01,2026-02-01)',
               gen_random_uuid(), 1, '{AF}', marked
        FROM (VALUES ('0007:1', 'one', true), ('0007:1', 'one', true),
                     ('0007:2', 'one', true), ('0007:2', 'two', false)) AS made (org, mark, marked)
    """
    sql(exchange, columns, database="carried")
    to("head")

    rows = sql(exchange, "SELECT org, origin, ended_at FROM protected_person ORDER BY org", database="carried")
    assert [(row["org"], row["origin"], row["ended_at"]) for row in rows] == [
        ("0007:1", "hand", None),
        ("0007:2", "hand", None),
    ]
    forced = sql(
        exchange, "SELECT relforcerowsecurity AS on FROM pg_class WHERE relname = 'lookup'", database="carried"
    )
    assert forced[0]["on"] is True, "the owner is bound by its policies again"
    known = sql(exchange, "SELECT is_protected('one') AS one, is_protected('two') AS two", database="carried")
    assert (known[0]["one"], known[0]["two"]) == (True, False)
    sql(exchange, "DROP DATABASE carried", database="postgres")


def upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
