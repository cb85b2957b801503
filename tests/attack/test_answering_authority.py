"""The authority that answers reads across municipalities by a policy of its own: what is put to it, and no more."""

import json
import uuid

import asyncpg
import pytest
from sqlalchemy import text

from tests.attack.rows import Session, columns, insertion, refusal_of, with_session
from tests.attack.support import AF, MALMO, UMEA, sql
from tests.exchange import Exchange

pytestmark = pytest.mark.attack
FK = "0007:2021005521"
"""Försäkringskassan: an authority like the answering one, to which nothing has been put."""
SIDES = ("consultation", "consultation_event", "consultation_message")


def test_it_sees_what_is_put_to_it_without_naming_it_and_another_authority_sees_nothing(rows: Exchange) -> None:
    async def ask(session: Session) -> None:
        for table in SIDES:
            whole = await session.texts(AF, f"SELECT DISTINCT answering_org FROM {table}")
            assert whole == [AF]
            assert {UMEA, MALMO} <= set(await session.texts(AF, f"SELECT DISTINCT org FROM {table}"))
            assert await session.texts(FK, f"SELECT to_jsonb(t) FROM {table} t") == []

    with_session(rows, "consultation", ask)


def test_what_is_put_to_another_authority_is_not_shown_to_it(rows: Exchange) -> None:
    """The same consultation, put to the other one instead."""
    names = columns(rows, "consultation", "consultation", "INSERT")
    whole = sql(rows, "SELECT to_jsonb(t)::text AS row FROM consultation t WHERE org = $1 LIMIT 1", MALMO)[0]["row"]
    ident = str(uuid.uuid4())
    elsewhere = json.dumps({**json.loads(whole), "id": ident, "number": ident[:13], "answering_org": FK})

    async def ask(session: Session) -> None:
        async with session.as_organisation(MALMO) as connection:
            await connection.execute(text(insertion("consultation", names)), {"row": elsewhere})
            for reader, seen in ((FK, 1), (MALMO, 1), (AF, 0), (UMEA, 0)):
                await connection.execute(text("SELECT set_config('app.org', :org, true)"), {"org": reader})
                answer = await connection.execute(text("SELECT 1 FROM consultation WHERE id = :id"), {"id": ident})
                assert len(answer.all()) == seen, reader
                change = text("UPDATE consultation SET state = state WHERE id = :id")
                assert (await connection.execute(change, {"id": ident})).rowcount == seen, reader

    with_session(rows, "consultation", ask)


@pytest.mark.parametrize("table", ["lookup", "tenant_profile", "tenant_purpose"])
def test_the_askers_own_affairs_are_not_shown_to_it(rows: Exchange, table: str) -> None:
    async def ask(session: Session) -> None:
        assert await session.texts(UMEA, f"SELECT org FROM {table}") != []
        assert await session.texts(AF, f"SELECT org FROM {table}") == []

    with_session(rows, "consultation", ask)


def test_of_the_trail_it_sees_what_it_did_and_what_was_done_with_its_own(rows: Exchange) -> None:
    async def ask(session: Session) -> None:
        sides = await session.texts(AF, "SELECT DISTINCT (:af IN (org, owner_org))::text FROM audit_entry", af=AF)
        assert sides == ["true"]

    with_session(rows, "consultation", ask)


def test_it_does_not_see_what_happens_on_the_askers_side_only_nor_the_other_way(rows: Exchange) -> None:
    """An event is told to the side that it is meant for; releases are the answering side's own."""

    async def ask(session: Session) -> None:
        assert await session.texts(UMEA, "SELECT DISTINCT audience FROM consultation_event") == ["both"]
        everybody = await session.texts(AF, "SELECT DISTINCT audience FROM consultation_event")
        assert set(everybody) <= {"both", "answering"}

    with_session(rows, "consultation", ask)


@pytest.mark.parametrize("table", SIDES)
def test_it_opens_nothing_in_the_name_of_an_asker_but_what_it_registers_by_hand(rows: Exchange, table: str) -> None:
    names = columns(rows, "consultation", table, "INSERT")
    row = sql(rows, f"SELECT to_jsonb(t)::text AS row FROM {table} t WHERE org = $1 LIMIT 1", UMEA)[0]["row"]
    nowhere = str(uuid.uuid4())
    forged = {**json.loads(row), "id": nowhere, "consultation_id": nowhere, "number": nowhere, "actor_org": AF}
    # What came by phone, post or at an office is registered by the answering side; nothing else is.
    forged["channel_in"] = "api"

    refused = refusal_of(rows, "consultation", AF, insertion(table, names), row=json.dumps(forged))

    assert isinstance(refused, asyncpg.InsufficientPrivilegeError)


def test_it_changes_what_moves_and_neither_whose_it_is_nor_who_answers(rows: Exchange) -> None:
    for change in ("org = '0007:2120001124'", f"answering_org = '{FK}'", "case_reference = 'x'", "person_mark = ''"):
        refused = refusal_of(rows, "consultation", AF, f"UPDATE consultation SET {change}")
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError), change


def test_its_role_is_the_one_that_serves_everybody(rows: Exchange) -> None:
    """A policy of its own, and no role that gets past policies."""
    policies = sql(rows, "SELECT roles::text[] AS roles FROM pg_policies WHERE policyname LIKE 'answering%'")
    assert {role for policy in policies for role in policy["roles"]} == {"public"}
    unbound = sql(rows, "SELECT rolname FROM pg_roles WHERE (rolbypassrls OR rolsuper) AND rolname <> 'postgres'")
    assert unbound == []
