"""Uniqueness and foreign keys tell nothing about another organisation, and connect nothing with it.

PostgreSQL checks both without asking policies, so a key that forgets the organisation would say what is there.
"""

import json
from typing import Any

import asyncpg
import pytest

from tests.attack.rows import LAYOUTS, TABLES, TENANT_TABLES, columns, foreign_row, insertion, refusal_of
from tests.attack.support import MALMO, UMEA, sql
from tests.exchange import NOBODY, Exchange

pytestmark = pytest.mark.attack
# Unique keys that do not begin with the organisation, and why that is harmless.
OTHERWISE_UNIQUE = {
    "consultation.consultation_of_answerer": "begins with the other side, and holds the organisation too",
    "meeting.meeting_slot_taken": "begins with the other side, which offers the slot and knows of every booking",
    "agreement.agreement_id_key": "the id alone, made at random here and stated by nobody: there is nothing to try",
    "webhook_subscription.webhook_subscription_id_key": "the same: the worker, which acts for all, goes by it",
    "faq_confirmation.faq_confirmation_once": "the id of an entry and its version, which are told to everybody",
}
# Tables whose policies ask for the row that is referred to, and so refuse before the foreign key is asked.
POLICY_ASKS_FIRST = {
    *("consultation_link", "retention_hold", "consultation_note", "answer_draft", "answer_proposal"),
    *("faq_proposal", "meeting_request"),
}
# Keys that both have by themselves: the same handler's name, the same person.
NATURAL = {
    "asked_person": {"key": "a name that nobody else has"},
    # In other tests one client has asked for both organisations, with one key.
    "idempotency_record": {"client_id": "a client that nobody else has"},
    # Other tests may have had the same person marked by this organisation too.
    "protected_person": {"person_mark": "\\x" + "00" * 32},
}
WITHOUT_ORGANISATION = {
    "agreement.agreement_id_key",
    "webhook_subscription.webhook_subscription_id_key",
    "meeting.meeting_slot_taken",
    "faq_confirmation.faq_confirmation_once",
}
# Foreign keys to what may be another organisation's. A policy lets nobody state one but who has it
# (test_meeting_slots), or is a side of it (POLICY_ASKS_FIRST).
TO_ANOTHERS = {
    "meeting_answering_org_slot_id_fkey": ("answering_org", "org"),
    "consultation_note_consultation_org_consultation_id_fkey": ("consultation_org", "org"),
    "answer_draft_consultation_org_consultation_id_fkey": ("consultation_org", "org"),
    "answer_proposal_consultation_org_consultation_id_fkey": ("consultation_org", "org"),
    "faq_proposal_consultation_org_consultation_id_fkey": ("consultation_org", "org"),
}
_UNIQUE = """
    SELECT t.relname || '.' || i.relname AS name, t.relname AS table_name,
           ARRAY(SELECT a.attname FROM unnest(x.indkey[0:x.indnkeyatts - 1]) WITH ORDINALITY AS k (number, place)
                 LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number ORDER BY k.place)::text[] AS key
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE (x.indisunique OR x.indisexclusion) AND t.relname = ANY($1)
"""
_FOREIGN = """
    SELECT k.conname AS name, t.relname AS table_name, r.relname AS referred,
           ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.number ORDER BY u.place)::text[] AS key,
           ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                 JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = u.number ORDER BY u.place)::text[] AS target
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
    WHERE k.contype = 'f'
"""


def found(exchange: Exchange, service: str, query: str, *values: object) -> list[Any]:
    return sql(exchange, query, *values, database=service)


def ours(row: str, **changes: Any) -> str:
    """Another organisation's row as if it were one's own: the same ids, the same references."""
    whole = json.loads(row.replace(MALMO, UMEA))
    acting = {name: UMEA for name in ("org", "actor_org") if name in whole}
    return json.dumps({**whole, **acting, **changes})


def test_every_unique_key_begins_with_the_organisation(rows: Exchange) -> None:
    otherwise = set()
    for service in TENANT_TABLES:
        unique = found(rows, service, _UNIQUE, list(TENANT_TABLES[service]))
        assert {each["table_name"] for each in unique} == set(TENANT_TABLES[service])
        otherwise |= {each["name"] for each in unique if each["key"][0] != "org"}
        without = {each["name"] for each in unique if "org" not in each["key"]}
        assert without <= WITHOUT_ORGANISATION
    assert otherwise == OTHERWISE_UNIQUE.keys()


def test_every_foreign_key_between_tables_of_organisations_carries_the_organisation(rows: Exchange) -> None:
    seen = 0
    for service, layout in LAYOUTS.items():
        for key in found(rows, service, _FOREIGN):
            if key["referred"] not in layout.tenant_tables:
                continue
            seen += 1
            assert key["table_name"] in layout.tenant_tables, f"{key['name']} shows what is there to everybody"
            carried = {
                (name.removeprefix("to_"), target) for name, target in zip(key["key"], key["target"], strict=True)
            }
            assert TO_ANOTHERS.get(key["name"], ("org", "org")) in carried, key["name"]
    assert seen > 4


@pytest.mark.parametrize(("service", "table"), TABLES)
def test_another_organisations_ids_and_numbers_are_free_for_ones_own_use(
    rows: Exchange, service: str, table: str
) -> None:
    """The same row under one's own organisation: nothing says that there is one like it."""
    names = columns(rows, service, table, "INSERT")
    if not names:
        return  # not for the serving role to write
    refused = refusal_of(
        rows,
        service,
        UMEA,
        insertion(table, names),
        row=ours(foreign_row(rows, service, table), **NATURAL.get(table, {})),
    )

    if isinstance(refused, asyncpg.UniqueViolationError):
        assert f"{table}.{refused.constraint_name}" in WITHOUT_ORGANISATION
    elif table in POLICY_ASKS_FIRST:
        assert isinstance(refused, asyncpg.InsufficientPrivilegeError), refused
    else:
        assert refused is None or isinstance(refused, asyncpg.ForeignKeyViolationError), refused


def test_a_reference_to_another_organisations_row_is_refused_like_one_that_leads_nowhere(rows: Exchange) -> None:
    tried = set()
    for service, layout in LAYOUTS.items():
        for key in found(rows, service, _FOREIGN):
            table = key["table_name"]
            names = columns(rows, service, table, "INSERT")
            if key["referred"] not in layout.tenant_tables or not names:
                continue
            row, statement = foreign_row(rows, service, table), insertion(table, names)
            place = next(name for name in key["key"] if name.endswith("_id") or name == "supersedes")
            if json.loads(row)[place] is None:
                continue
            told = []
            for reference in (json.loads(row)[place], NOBODY):
                refused = refusal_of(rows, service, UMEA, statement, row=ours(row, **{place: reference}))
                asked = asyncpg.InsufficientPrivilegeError if table in POLICY_ASKS_FIRST else None
                assert isinstance(refused, asked or asyncpg.ForeignKeyViolationError), key["name"]
                told.append((refused.constraint_name, str(refused), (refused.detail or "").replace(reference, "")))
            assert told[0] == told[1]
            tried.add(key["name"])
    assert len(tried) > 3
