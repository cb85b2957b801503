"""Consultations in the database. A change writes state, event, message, outbox and audit in one statement."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation import scopes
from services.consultation.brake.count import COUNTED
from services.consultation.brake.domain import Braked
from services.consultation.clocks.timers import Timer, TimerKind
from services.consultation.consultations.attachments.repository import TOLD_ATTACHMENTS
from services.consultation.consultations.disclosures.repository import TOLD_SETS, WITH_ASKED_SETS
from services.consultation.consultations.domain import CLOSING, Consultation, Event, Restricted
from services.consultation.consultations.transitions import ACTED_UPON, Action, State
from shared.audit import AuditEntry
from shared.database.single import SingleStatements
from shared.tokens.caller import Caller

_FACTS = """
    org, id, number, answering_org, type, question_category, state, turn, version, assigned_to, case_reference,
    asked_by, person_mark, person_sealed, purpose, decision_id, decision_version, lookup_id, lookup_outcomes, af_items,
    asker_name, asker_kind, municipality_code, county_code, opened_at, due_at, target_seconds, answered_at, closed_at,
    total_seconds, answering_seconds, asking_seconds, unit, queue, restricted, channel_in, round, previous_id,
    triaged_at, escalated_at, first_response_at, clock_stopped_at, closing_code, person_seconds, post_seconds,
    secrecy_seconds, meeting_seconds, first_response_seconds, touch_seconds, details_sealed, matter, proposed_by,
    cooperation
"""


def in_sight(table: str = "consultation") -> str:
    """The condition that a row of the table, or of its alias, is there for the reader; see `Reader`.

    What is hidden is hidden everywhere alike, from lists and from single readings. A question of Kriminalvården's own
    is no secret to itself: it is the answering side that needs the special scope.
    """
    return f"""
    ({table}.restricted IS NULL OR {table}.restricted = ANY(CAST(:sight AS text[]))
     OR ({table}.restricted = 'corrections' AND {table}.org = :org))
"""


IN_SIGHT = in_sight()

_ONE = f"SELECT {_FACTS}, is_protected(person_mark) AS protected FROM consultation WHERE id = :id AND {IN_SIGHT}"
_FIND = text(f"{_ONE} AND (org = :org OR answering_org = :org)")
_FIND_OWN = text(f"{_ONE} AND org = :org")
_FIND_ANSWERED_BY = text(f"{_ONE} AND answering_org = :org")

WITH_EVENT = """
    added_event AS (
        INSERT INTO consultation_event (org, consultation_id, sequence, id, answering_org, at, action, state, turn,
                                        actor_org, client_id, actor, audience, channel, unit, happened_at, detail)
        SELECT org, id, :sequence, :event_id, answering_org, :at, :action, :state, :turn, :actor_org, :client_id,
               :actor, :audience, :channel, :unit, :happened_at, CAST(:detail AS jsonb)
        FROM changed
    ),
    added_message AS (
        INSERT INTO consultation_message (org, consultation_id, sequence, answering_org, sealed)
        SELECT org, id, :sequence, answering_org, :message FROM changed WHERE CAST(:message AS bytea) IS NOT NULL
    ),
    added_outbox AS (
        INSERT INTO outbox (org, id, answering_org, at, kind, consultation_id, sequence, audience, restricted)
        SELECT org, :event_id, answering_org, :at, 'consultation.' || :action, id, :sequence, :audience, restricted
        FROM changed
    ),
    added_audit AS (
        INSERT INTO audit_entry (id, at, org, owner_org, event, outcome, object_type, object_id, subject, entry)
        SELECT :audit_id, :audit_at, :audit_org, :audit_owner_org, :audit_event, :audit_outcome, :audit_object_type,
               :audit_object_id, :audit_subject, :audit_entry
        FROM changed
    )
"""
"""What is written beside every change, for statements of other features too: it reads from a CTE named `changed`."""

_WITH_TIMERS = """
    set_timers AS (
        INSERT INTO timer AS t (org, consultation_id, kind, answering_org, about, run_at)
        SELECT changed.org, changed.id, each.kind, changed.answering_org, coalesce(each.about, :at), each.run_at
        FROM changed CROSS JOIN unnest(CAST(:timer_kinds AS text[]), CAST(:timer_abouts AS timestamptz[]),
                                       CAST(:timer_runs AS timestamptz[])) AS each (kind, about, run_at)
        -- Of each due date, and of each pause, it is told once.
        ON CONFLICT (org, consultation_id, kind) DO UPDATE SET about = excluded.about,
            run_at = CASE WHEN t.told_about = excluded.about THEN NULL ELSE excluded.run_at END
    )
"""
_WITH_EVENT = f"{WITH_EVENT}, {_WITH_TIMERS}"
_CHANGE = text(
    f"""
    WITH changed AS (
        UPDATE consultation
        SET state = :state, turn = :turn, version = :sequence, assigned_to = :assigned_to,
            proposed_by = :proposed_by,
            opened_at = coalesce(:opened_at, opened_at), channel_in = coalesce(:channel_in, channel_in),
            answered_at = coalesce(:answered_at, answered_at), closed_at = coalesce(:closed_at, closed_at),
            total_seconds = coalesce(:total_seconds, total_seconds),
            answering_seconds = coalesce(:answering_seconds, answering_seconds),
            asking_seconds = coalesce(:asking_seconds, asking_seconds),
            person_seconds = coalesce(:person_seconds, person_seconds),
            post_seconds = coalesce(:post_seconds, post_seconds),
            secrecy_seconds = coalesce(:secrecy_seconds, secrecy_seconds),
            meeting_seconds = coalesce(:meeting_seconds, meeting_seconds),
            first_response_seconds = coalesce(:first_response_seconds, first_response_seconds),
            touch_seconds = coalesce(:touch_seconds, touch_seconds),
            unit = :unit, queue = :queue, triaged_at = coalesce(triaged_at, :triaged_at),
            escalated_at = CASE WHEN NOT :acted_upon THEN coalesce(:escalated_at, escalated_at) END,
            first_response_at = coalesce(:first_response_at, first_response_at),
            closing_code = coalesce(:closing_code, closing_code),
            due_at = coalesce(:due_at, due_at), target_seconds = coalesce(:target_seconds, target_seconds),
            clock_stopped_at = :clock_stopped_at
        WHERE id = :id AND org = :org AND version = :sequence - 1
        RETURNING org, id, answering_org, restricted
    ), {_WITH_EVENT}
    SELECT count(*) FROM changed
    """
)
_INSERT_COLUMNS = """
    number, answering_org, type, question_category, state, turn, version, assigned_to, case_reference, asked_by,
    person_mark, person_sealed, purpose, decision_id, decision_version, lookup_id, lookup_outcomes, af_items,
    asker_name, asker_kind, municipality_code, county_code, opened_at, due_at, target_seconds, unit, queue, restricted,
    channel_in, round, previous_id, details_sealed, matter, expected_at, expected_basis, cooperation
"""
_INSERT_VALUES = """
    :number, :answering_org, :type, :question_category, :state, :turn, :sequence, NULL, :case_reference, :asked_by,
    :person_mark, :person_sealed, :purpose, :decision_id, :decision_version, :lookup_id,
    CAST(:lookup_outcomes AS jsonb), :af_items, :asker_name, :asker_kind, :municipality_code, :county_code,
    :opened_at, :due_at, :target_seconds, :unit, :queue, :restricted, :channel, :round, :previous_id,
    :details_sealed, :matter, :expected_at, :expected_basis, :cooperation
"""
# The organisation is set in a CTE that the insert reads from: one round trip, and row-level security holds. In the
# same CTE the person is counted for the brake, before anything can be told of her.
_OPEN = f"""
    WITH asked AS MATERIALIZED (
        SELECT set_config('app.org', :org, true) AS org, is_protected(:person_mark) AS protected, {COUNTED} AS braked
    ),
    tenant AS (SELECT org FROM asked WHERE braked IS NULL AND NOT protected),
    {{once}}
    changed AS (
        INSERT INTO consultation (org, id, {_INSERT_COLUMNS})
        SELECT tenant.org, :id, {_INSERT_VALUES} FROM tenant {{gate}}
        RETURNING org, id, answering_org, restricted
    ), {_WITH_EVENT}, {WITH_ASKED_SETS}
    SELECT CASE WHEN (SELECT braked FROM asked) IS NOT NULL THEN (SELECT CAST(braked AS text) FROM asked)
                WHEN (SELECT protected FROM asked) THEN 'protected'
                WHEN EXISTS (SELECT FROM changed) THEN 'opened' ELSE 'key_used' END
"""
_ONCE = """
    claimed AS (
        INSERT INTO idempotency_record
            (org, client_id, key_hash, request_hash, status, headers, body, started_at, expires_at)
        SELECT tenant.org, :client_id, :key_hash, :request_hash, :kept_status, CAST(:kept_headers AS jsonb), :kept_body,
               :opened_at, :expires
        FROM tenant
        ON CONFLICT (org, client_id, key_hash) DO UPDATE
           SET request_hash = excluded.request_hash, status = excluded.status, headers = excluded.headers,
               body = excluded.body, started_at = excluded.started_at, expires_at = excluded.expires_at
         WHERE idempotency_record.expires_at <= :opened_at
        RETURNING 1
    ),
"""
OPEN = text(_OPEN.format(once="", gate=""))
OPEN_ONCE = text(_OPEN.format(once=_ONCE, gate=", claimed"))

# Registered by the answering side. Two statements: the policies of what belongs to a consultation ask for its row, and
# a statement does not see what it writes itself.
_REGISTER = text(
    f"""
    INSERT INTO consultation (org, id, {_INSERT_COLUMNS}) SELECT :org, :id, {_INSERT_VALUES}
    ON CONFLICT (org, number) DO NOTHING RETURNING 1
    """
)
_REGISTERED = text(
    f"""
    WITH changed AS (SELECT org, id, answering_org, restricted FROM consultation WHERE id = :id AND org = :org),
    {_WITH_EVENT}, {WITH_ASKED_SETS}
    SELECT count(*) FROM changed
    """
)
# One round trip. The inner selects lean on the tenant's row, so they are carried out after the organisation is set;
# if they ever were not, row-level security would show nothing.
_READ = text(
    f"""
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS reader)
    SELECT found.*, written.sequence, written.at, written.action, written.actor_org, written.sealed
    FROM tenant
    CROSS JOIN LATERAL (
        SELECT {_FACTS}, is_protected(person_mark) AS protected, {TOLD_SETS} AS told_sets,
               {TOLD_ATTACHMENTS} AS told_attachments,
               (SELECT count(*) FROM consultation_note n
                WHERE n.org = tenant.reader AND n.consultation_id = consultation.id) AS notes,
               (SELECT r.requested_at FROM meeting_request r
                WHERE r.org = consultation.org AND r.consultation_id = consultation.id AND r.outcome IS NULL
                  AND consultation.turn <> 'nobody') AS meeting_requested_at
        FROM consultation
        WHERE id = :id AND (org = tenant.reader OR answering_org = tenant.reader) AND {IN_SIGHT} OFFSET 0
    ) AS found
    LEFT JOIN LATERAL (
        SELECT m.sequence, e.at, e.action, e.actor_org, m.sealed
        FROM consultation_message m
        JOIN consultation_event e USING (org, consultation_id, sequence)
        WHERE m.org = found.org AND m.consultation_id = found.id OFFSET 0
    ) AS written ON true
    ORDER BY written.sequence
    """
)
# One round trip, as above. Of the consultation only what the trail tells of it stands beside each event.
_TIMELINE = text(
    f"""
    WITH tenant AS MATERIALIZED (SELECT set_config('app.org', :org, true) AS reader)
    SELECT found.*, happened.*
    FROM tenant
    CROSS JOIN LATERAL (
        SELECT org, id, person_mark, purpose, case_reference, decision_id, decision_version,
               is_protected(person_mark) AS protected
        FROM consultation
        WHERE id = :id AND (org = tenant.reader OR answering_org = tenant.reader) AND {IN_SIGHT} OFFSET 0
    ) AS found
    LEFT JOIN LATERAL (
        SELECT e.sequence, e.id AS event_id, e.at, e.happened_at, e.action, e.state, e.turn, e.actor_org, e.actor,
               e.channel, e.unit, e.detail
        FROM consultation_event e
        WHERE e.org = found.org AND e.consultation_id = found.id
          AND (e.audience = 'both' OR e.answering_org = tenant.reader) OFFSET 0
    ) AS happened ON true
    ORDER BY happened.sequence
    """
)
_NEXT_ROUND = text("SELECT id FROM consultation WHERE org = :org AND previous_id = :id")
_SUMMARY = """
    id, number, type, question_category, state, turn, version, assigned_to, case_reference, asker_name,
    municipality_code, opened_at, due_at, answered_at
"""
SUMMARY = _SUMMARY
"""The columns of a row in a list, for other features' statements."""
_OF_ASKER = text(
    f"""
    SELECT {_SUMMARY} FROM consultation
    WHERE org = :org AND NOT is_protected(person_mark) AND {IN_SIGHT}
      AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (opened_at, id) < (CAST(:at AS timestamptz), CAST(:after AS uuid))
    ORDER BY opened_at DESC, id DESC LIMIT :rows
    """
)
Place = tuple[datetime, uuid.UUID] | None
_NEWEST = (datetime.max.replace(tzinfo=UTC), uuid.UUID(int=2**128 - 1))
_OLDEST = (datetime.min.replace(tzinfo=UTC), uuid.UUID(int=0))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: an organisation, and which restricted consultations its client may see at all."""

    organisation: str
    sight: tuple[str, ...] = ()

    @classmethod
    def of(cls, caller: Caller) -> "Reader":
        """As the caller's scopes allow."""
        return cls(caller.organisation, scopes.sight(caller.scopes))

    def values(self) -> dict[str, Any]:
        """Parameters of every statement that looks for consultations."""
        return {"org": self.organisation, "sight": list(self.sight)}


@dataclass(frozen=True, slots=True)
class Durations:
    """Working seconds from opening to answer, in all and by whose turn it was: the parts make up the whole.

    `touch` is while a handler had it and it was the answering side's turn; None when it is not known.
    """

    total: int
    answering: int
    asking: int
    person: int = 0
    post: int = 0
    secrecy: int = 0
    meeting: int = 0
    touch: int | None = None

    def values(self) -> dict[str, int | None]:
        """As the columns are called."""
        return {f"{name}_seconds": getattr(self, name) for name in _DURATIONS}


_DURATIONS = tuple(Durations.__dataclass_fields__)
_NO_DURATIONS = dict.fromkeys(f"{name}_seconds" for name in _DURATIONS)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a change does to time. None leaves as it is what was known.

    `target_seconds` is the counted time that it had: in time is a counted time of at most as much.
    `first_response_seconds` is working time until the asking side heard anything. The instants, and the channel by
    which it came, are as they count after all corrections; `clock_stopped_at` is None while the clock runs.
    `timers` are all that run from then on.
    """

    due_at: datetime | None = None
    target_seconds: int | None = None
    durations: Durations | None = None
    first_response_seconds: int | None = None
    opened_at: datetime | None = None
    channel_in: str | None = None
    first_response_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    clock_stopped_at: datetime | None = None
    timers: tuple[Timer, ...] = ()


ANSWERING = (Action.ANSWER, Action.DISPATCH)
"""What ends the lead time."""
ENDING = (Action.CLOSE, Action.WITHDRAW, Action.REJECT, Action.REOPEN)
"""What closes it: the first of them, since what is closed can be reopened."""


async def find_visible(connection: AsyncConnection, reader: Reader, consultation_id: uuid.UUID) -> Row[Any] | None:
    """The consultation when the reader's organisation asks or answers in it."""
    return await _one(connection, _FIND, reader, consultation_id)


async def read(single: SingleStatements, reader: Reader, consultation_id: uuid.UUID) -> tuple[Any, list[Any]] | None:
    """The consultation when the organisation asks or answers in it, and what has been written, oldest first."""
    rows = await single.rows(_READ, {**reader.values(), "id": consultation_id})
    if not rows:
        return None
    first = rows[0]
    first.lookup_outcomes = first.lookup_outcomes and json.loads(first.lookup_outcomes)
    return first, [row for row in rows if row.sealed is not None]


async def read_timeline(
    single: SingleStatements, reader: Reader, consultation_id: uuid.UUID
) -> tuple[Any, list[Any]] | None:
    """What the trail tells of a consultation when the organisation asks or answers in it, and the events that it may
    see, oldest first; row-level security holds back the rest as well.
    """
    rows = await single.rows(_TIMELINE, {**reader.values(), "id": consultation_id})
    if not rows:
        return None
    events = [row for row in rows if row.sequence is not None]
    for event in events:
        event.detail = json.loads(event.detail)
    return rows[0], events


async def find_own(connection: AsyncConnection, reader: Reader, consultation_id: uuid.UUID) -> Row[Any] | None:
    """The consultation when the reader's organisation asked it."""
    return await _one(connection, _FIND_OWN, reader, consultation_id)


async def find_answered_by(connection: AsyncConnection, reader: Reader, consultation_id: uuid.UUID) -> Row[Any] | None:
    """The consultation when it is put to the reader's organisation."""
    return await _one(connection, _FIND_ANSWERED_BY, reader, consultation_id)


async def _one(
    connection: AsyncConnection, statement: Any, reader: Reader, consultation_id: uuid.UUID
) -> Row[Any] | None:
    values = {**reader.values(), "id": consultation_id}
    return (await connection.execute(statement, values)).one_or_none()


def as_domain(row: Row[Any]) -> Consultation:
    """The part of a row that its rules concern."""
    return Consultation(
        id=row.id,
        organisation=row.org,
        answering=row.answering_org,
        state=State(row.state),
        version=row.version,
        assigned_to=row.assigned_to,
        protected=row.protected,
        unit=row.unit,
        triaged=row.triaged_at is not None,
        queue=row.queue,
        restricted=Restricted(row.restricted) if row.restricted else None,
        proposed_by=row.proposed_by,
    )


async def save_change(
    connection: AsyncConnection,
    after: Consultation,
    event: Event,
    audit: AuditEntry,
    *,
    message: bytes | None,
    measured: Measured,
) -> bool:
    """Write a change; False when somebody else changed the consultation first, and then nothing is written."""
    at = event.happened_at or event.at
    values = {
        **event_values(event, after, message, audit, measured.timers),
        "id": after.id,
        "org": after.organisation,
        "assigned_to": after.assigned_to,
        "proposed_by": after.proposed_by,
        "queue": after.queue,
        "opened_at": measured.opened_at,
        "channel_in": measured.channel_in,
        "answered_at": measured.answered_at,
        "closed_at": measured.closed_at,
        "triaged_at": at if event.action is Action.TRIAGE else None,
        "escalated_at": at if event.action is Action.ESCALATE else None,
        "acted_upon": event.action in ACTED_UPON,
        "first_response_at": measured.first_response_at,
        "closing_code": event.detail.get(CLOSING),
        "clock_stopped_at": measured.clock_stopped_at,
        "due_at": measured.due_at,
        "target_seconds": measured.target_seconds,
        "first_response_seconds": measured.first_response_seconds,
        **(measured.durations.values() if measured.durations else _NO_DURATIONS),
    }
    return bool((await connection.execute(_CHANGE, values)).scalar_one())


def event_values(
    event: Event,
    after: Consultation,
    message: bytes | None,
    audit: AuditEntry,
    timers: Sequence[Timer] = (),
) -> dict[str, Any]:
    """Values of the part that opening and every change share. Timers that are not among `timers` are stopped."""
    running = {timer.kind: timer for timer in timers}
    return {
        "sequence": event.sequence,
        "event_id": event.id,
        "at": event.at,
        "action": event.action.value,
        "state": after.state.value,
        "turn": after.state.turn.value,
        "actor_org": event.organisation,
        "client_id": event.client_id,
        "actor": event.actor,
        "audience": event.audience.value,
        "channel": event.channel.value,
        "unit": event.unit,
        "happened_at": event.happened_at,
        "detail": json.dumps(dict(event.detail)),
        "message": message,
        "timer_kinds": [kind.value for kind in TimerKind],
        "timer_abouts": [running[kind].about if kind in running else None for kind in TimerKind],
        "timer_runs": [running[kind].run_at if kind in running else None for kind in TimerKind],
        **audit.parameters(),
    }


class Opening(StrEnum):
    """What became of a new consultation. Nothing is written but when it is opened."""

    OPENED = "opened"
    KEY_USED = "key_used"
    PROTECTED = "protected"


async def open_once(single: SingleStatements, values: Mapping[str, Any], *, keyed: bool) -> Opening | Braked:
    """Write a new consultation, unless its key has been used, the person has protected identity, or the brake holds.

    Raises asyncpg.UniqueViolationError when the number is taken.
    """
    outcome: str = await single.value(OPEN_ONCE if keyed else OPEN, values)
    return Braked.read(outcome) if outcome.startswith("{") else Opening(outcome)


async def register(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Write a consultation that the answering side registers for the asker; False when its number is taken."""
    if (await connection.execute(_REGISTER, values)).scalar_one_or_none() is None:
        return False
    await connection.execute(_REGISTERED, values)
    return True


async def next_round(connection: AsyncConnection, owner: str, consultation_id: uuid.UUID) -> uuid.UUID | None:
    """The round that follows a consultation, if it has been reopened."""
    found: uuid.UUID | None = await connection.scalar(_NEXT_ROUND, {"org": owner, "id": consultation_id})
    return found


async def open_next_round(connection: AsyncConnection, values: Mapping[str, Any]) -> Opening | Braked:
    """Write the round that follows another, in the transaction that tells so of the other one."""
    outcome: str = (await connection.execute(OPEN, values)).scalar_one()
    return Braked.read(outcome) if outcome.startswith("{") else Opening(outcome)


async def page_of_asker(
    connection: AsyncConnection, reader: Reader, state: str | None, place: Place, rows: int
) -> Sequence[Row[Any]]:
    """The organisation's own consultations, newest first."""
    at, after = place or _NEWEST
    values = {**reader.values(), "state": state, "at": at, "after": after, "rows": rows}
    return (await connection.execute(_OF_ASKER, values)).all()
