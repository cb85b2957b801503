"""Calendars and targets of the answering authority's units, the times of a consultation's events, and timers.

A version is never changed nor removed: what was promised by it must be possible to tell. The history of times is the
same for both sides, whichever of them asks, so it is told by a function: what an event was, when and in which unit,
and neither who made it nor by which client.

A timer is set with the change that it follows from. The role of background jobs finds those whose time has come, and
then acts as the answering organisation, by the same policies as anybody there; it may not read who it is about.
"""

from alembic import op
from sqlalchemy import text

from shared.database.ddl import ORGANISATION, append_only, forced, tenant_policies

revision = "0011"
down_revision = "0010"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

# Neither the identity number, in whatever form, nor what has been written.
_SEEN_BY_WORKER = (
    *("org", "id", "answering_org", "type", "state", "turn", "version", "assigned_to", "unit", "triaged_at"),
    *("restricted", "purpose", "case_reference", "decision_id", "decision_version", "person_mark", "due_at"),
    *("target_seconds", "answered_at", "closed_at", "escalated_at", "first_response_at", "clock_stopped_at"),
    *("total_seconds", "answering_seconds", "asking_seconds", "person_seconds", "post_seconds", "secrecy_seconds"),
    *("meeting_seconds", "first_response_seconds", "touch_seconds", "queue", "opened_at", "channel_in"),
)
_CHANGED_BY_WORKER = (
    *("state", "turn", "version", "assigned_to", "unit", "triaged_at", "due_at", "target_seconds", "answered_at"),
    *("closed_at", "escalated_at", "first_response_at", "clock_stopped_at", "total_seconds", "answering_seconds"),
    *("asking_seconds", "person_seconds", "post_seconds", "secrecy_seconds", "meeting_seconds"),
    *("first_response_seconds", "touch_seconds", "queue", "opened_at", "channel_in"),
)

VERSIONS = (
    """
    CREATE TABLE unit_calendar (
        org text NOT NULL,
        id uuid NOT NULL,
        unit text NOT NULL CHECK (unit <> ''),
        valid_from date NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by text NOT NULL,
        client_id text NOT NULL,
        rules jsonb,
        PRIMARY KEY (org, id)
    )
    """,
    """
    CREATE TABLE unit_target (
        org text NOT NULL,
        id uuid NOT NULL,
        unit text CHECK (unit <> ''),
        type text NOT NULL CHECK (type <> ''),
        valid_from date NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by text NOT NULL,
        client_id text NOT NULL,
        seconds integer CHECK (seconds > 0),
        PRIMARY KEY (org, id)
    )
    """,
    "CREATE INDEX unit_calendar_recorded ON unit_calendar (org, recorded_at DESC, id DESC)",
    "CREATE INDEX unit_target_recorded ON unit_target (org, recorded_at DESC, id DESC)",
    *tenant_policies("unit_calendar"),
    *tenant_policies("unit_target"),
    *append_only("unit_calendar"),
    *append_only("unit_target"),
    f"GRANT SELECT, INSERT ON unit_calendar, unit_target TO {RUNTIME}",
)

HISTORY = (
    f"CREATE POLICY known_to_the_function ON consultation_event FOR SELECT TO {OWNER} USING (true)",
    # pg_temp last, so that no temporary table can stand in for the real one.
    f"""
    CREATE FUNCTION clock_history(owner text, consultation uuid)
    RETURNS TABLE (sequence integer, at timestamptz, happened_at timestamptz, action text, state text, turn text,
                   unit text, channel text, told_to_both boolean, reason text, of_sequence integer,
                   corrected_to timestamptz, corrected_channel text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS
    $$ BEGIN
        RETURN QUERY
        SELECT e.sequence, e.at, e.happened_at, e.action, e.state, e.turn, e.unit, e.channel,
               e.audience = 'both', e.detail ->> 'reason',
               CASE WHEN e.action = 'corrected' THEN (e.detail ->> 'sequence')::integer END,
               CASE WHEN e.action = 'corrected' THEN (e.detail ->> 'happenedAt')::timestamptz END,
               CASE WHEN e.action = 'corrected' THEN e.detail ->> 'channel' END
        FROM consultation_event e
        WHERE e.org = owner AND e.consultation_id = consultation
          AND {ORGANISATION} IN (e.org, e.answering_org)
        ORDER BY e.sequence;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION clock_history(text, uuid) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION clock_history(text, uuid) TO {RUNTIME}",
    # A corrected opening is another time, or another channel, for lists and figures too.
    f"GRANT UPDATE (opened_at, channel_in) ON consultation TO {RUNTIME}",
)

TIMERS = (
    """
    CREATE TABLE timer (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('reminder', 'overdue', 'pause_lapsed')),
        answering_org text NOT NULL,
        about timestamptz NOT NULL,
        run_at timestamptz,
        told_about timestamptz,
        PRIMARY KEY (org, consultation_id, kind),
        FOREIGN KEY (answering_org, consultation_id, org) REFERENCES consultation (answering_org, id, org)
    )
    """,
    # What is open is counted anew by id when a rule is set, however much history there is.
    "CREATE INDEX consultation_open ON consultation (answering_org, id) WHERE turn <> 'nobody'",
    "CREATE INDEX timer_due ON timer (run_at) WHERE run_at IS NOT NULL",
    *forced("timer"),
    f"""
    CREATE POLICY either_side ON timer USING ({ORGANISATION} IN (org, answering_org))
    WITH CHECK (org = {ORGANISATION} OR (answering_org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = timer.org AND c.id = timer.consultation_id AND c.answering_org = {ORGANISATION})))
    """,
    f"CREATE POLICY rung ON timer TO {WORKER} USING (true) WITH CHECK (true)",
    f"GRANT SELECT, INSERT, UPDATE ON timer TO {RUNTIME}, {WORKER}",
    f"GRANT SELECT ({', '.join(_SEEN_BY_WORKER)}) ON consultation TO {WORKER}",
    f"GRANT UPDATE ({', '.join(_CHANGED_BY_WORKER)}) ON consultation TO {WORKER}",
    f"GRANT INSERT ON consultation_event, consultation_message, outbox, audit_entry TO {WORKER}",
    # In the trail it is nobody's organisation: what the clock does is not said to have been done by anybody there.
    f"CREATE POLICY told_by_operator ON audit_entry FOR INSERT TO {WORKER} WITH CHECK (org = 'operator')",
    f"GRANT SELECT ON unit_calendar, unit_target TO {WORKER}",
    # Figures are counted over all units at once.
    f"CREATE POLICY counted_by ON unit_calendar FOR SELECT TO {WORKER} USING (true)",
    f"GRANT EXECUTE ON FUNCTION clock_history(text, uuid) TO {WORKER}",
)


def upgrade() -> None:
    """Create the tables and the function."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*VERSIONS, *HISTORY, *TIMERS):
        op.execute(statement.replace("{schema}", schema))
