"""Calendars and targets of the answering authority's units, as versions; and the times of a consultation's events.

A version is never changed nor removed: what was promised by it must be possible to tell. The history of times is the
same for both sides, whichever of them asks, so it is told by a function: what an event was, when and in which unit,
and neither who made it nor by which client.
"""

from alembic import op
from sqlalchemy import text

from shared.database.ddl import ORGANISATION, append_only, tenant_policies

revision = "0011"
down_revision = "0009"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"

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
    RETURNS TABLE (sequence integer, at timestamptz, happened_at timestamptz, action text, turn text, unit text,
                   channel text, told_to_both boolean, reason text, of_sequence integer,
                   corrected_to timestamptz, corrected_channel text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS
    $$ BEGIN
        RETURN QUERY
        SELECT e.sequence, e.at, e.happened_at, e.action, e.turn, e.unit, e.channel, e.audience = 'both',
               e.detail ->> 'reason',
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
)


def upgrade() -> None:
    """Create the tables and the function."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*VERSIONS, *HISTORY):
        op.execute(statement.replace("{schema}", schema))
