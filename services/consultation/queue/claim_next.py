"""Claim the next: the most urgent consultation that nobody has becomes the handler's, in one statement.

Those who come first are looked up without a lock, a few dozen however long the queue is. The first of them that
nobody else holds is locked, passing over what is held (SKIP LOCKED), changed and told of. So two handlers never get
the same, and none waits for another.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.changes import Change
from services.consultation.consultations.domain import Action, Audience
from services.consultation.consultations.repository import WITH_EVENT, Reader, in_sight
from services.consultation.consultations.transitions import TRANSITIONS, State
from services.consultation.problems import QUEUE_EMPTY
from services.consultation.queue.domain import Assigned, Filters, Part
from services.consultation.queue.statements import first_ones
from shared.audit import AuditEntry
from shared.problems import Problem

DEPTHS = (32, 1024)
"""How many of the most urgent are tried. More than handlers that claim at once; when all are held, once more."""

_ENTRY = """
    CAST(CAST(:audit_entry AS jsonb) || jsonb_build_object(
        'object', jsonb_build_object('type', 'consultation', 'id', id, 'owner', org),
        'subject', encode(person_mark, 'hex'),
        'detail', jsonb_build_object('purpose', purpose, 'caseReference', case_reference,
            'decision', jsonb_build_object('id', decision_id, 'version', decision_version),
            'state', CAST(:state AS text))) AS text)
"""
_OF_THE_ROW = {
    ":sequence": "version",
    ":unit": "unit",
    ":audit_object_id": "id",
    ":audit_owner_org": "org",
    ":audit_subject": "person_mark",
    ":audit_entry": _ENTRY,
}
"""What another change knows before it writes, and this one only as it does."""


async def claim_next(connection: AsyncConnection, change: Change, part: Part) -> Row[Any]:
    """The row as it has become: id, state, turn, version, number, type, due_at.

    `change` names who and when; its consultation is not known yet and not read. Raises Problem 404 when nothing waits.
    """
    statement, values = claim_statement(part, Reader.of(change.caller)), claim_values(change, part)
    for depth in DEPTHS:
        row = (await connection.execute(statement, {**values, "rows": depth})).one()
        if row.id is not None:
            return row
        if row.seen < depth:
            break
    raise Problem(QUEUE_EMPTY)


def claim_statement(part: Part, reader: Reader) -> TextClause:
    """Takes one and tells of it. Its parameters are `claim_values`, and `rows`: how many are tried."""
    return _statement(_waiting(part).shape(), reader.sight)


def claim_values(change: Change, part: Part) -> dict[str, Any]:
    """Who takes, when, and from which unit."""
    reader = Reader.of(change.caller)
    return {**reader.values(), "unit": part.unit, "handler": change.caller.actor, **_event_values(change)}


def _waiting(part: Part) -> Filters:
    """What waits for the answering side to move, and nobody has."""
    return Filters(part.unit, part.queue, part.type, turn=Turn.ANSWERING, assigned=Assigned.NOBODY)


@lru_cache(maxsize=256)
def _statement(filters: Filters, sight: tuple[str, ...]) -> TextClause:
    event = WITH_EVENT
    for parameter, known in _OF_THE_ROW.items():
        event = event.replace(parameter, known)
    pinned = {"unit": filters.unit, "queue": filters.queue, "type": filters.type}
    # Once more on the locked row: it may have been handed over, or marked, since it was ranked.
    still = " AND ".join(
        f"c.{column} = {':unit' if column == 'unit' else repr(str(value))}"
        for column, value in pinned.items()
        if value is not None
    )
    return text(
        f"""
        WITH ranked AS MATERIALIZED ({first_ones(filters, sight, "org, id, due_at")}),
        taken AS MATERIALIZED (
            SELECT c.org, c.id FROM ranked JOIN consultation c ON c.org = ranked.org AND c.id = ranked.id
            WHERE c.assigned_to IS NULL AND c.state IN ({_claimable()}) AND NOT c.hidden
              AND NOT is_protected(c.person_mark) AND {in_sight("c")} AND {still or "true"}
            ORDER BY ranked.due_at, ranked.id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
        ),
        changed AS (
            UPDATE consultation c
            SET state = :state, turn = :turn, version = version + 1, assigned_to = :handler, escalated_at = NULL
            FROM taken WHERE c.org = taken.org AND c.id = taken.id
            RETURNING c.org, c.id, c.answering_org, c.restricted, c.state, c.turn, c.version, c.unit, c.number, c.type,
                      c.due_at, c.person_mark, c.purpose, c.case_reference, c.decision_id, c.decision_version
        ), {event}
        -- How many there were to try is counted when none was got: until then no more are read than are tried.
        SELECT CASE WHEN changed.id IS NULL THEN (SELECT count(*) FROM ranked) END AS seen, changed.*
        FROM (VALUES (true)) AS whatever LEFT JOIN changed ON true
        """
    )


def _claimable() -> str:
    """The states from which a claim is the answering side's turn, as the table of transitions has it."""
    states = (state for state in State if state in TRANSITIONS[Action.CLAIM].since and state.turn is Turn.ANSWERING)
    return ", ".join(repr(state.value) for state in states)


def _event_values(change: Change) -> Mapping[str, Any]:
    actor = change.actor()
    audit = AuditEntry(f"consultation.{Action.CLAIM.value}", change.at, change.caller, "consultation")
    return {
        "event_id": actor.event_id,
        "at": actor.at,
        "action": Action.CLAIM.value,
        "state": State.IN_PROGRESS.value,
        "turn": State.IN_PROGRESS.turn.value,
        "actor_org": actor.organisation,
        "client_id": actor.client_id,
        "actor": actor.person,
        "audience": Audience.BOTH.value,
        "channel": actor.channel.value,
        "happened_at": None,
        "detail": json.dumps({}),
        "message": None,
        **audit.parameters(),
    }
