"""Tenants, look-ups, consultations with their events and messages, outbox, audit, idempotency.

Every key leads with the organisation, so that tables can be partitioned or distributed by it, and foreign
keys carry it too: a check of a foreign key does not ask row-level security.
"""

from alembic import op

from shared.database.ddl import (
    ORGANISATION,
    append_only,
    audit_tables,
    forced,
    idempotency_tables,
    tenant_policies,
)

revision = "0001"
down_revision = None

RUNTIME = "consultation_runtime"
STATISTICS = "consultation_statistics"

TENANTS = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    CREATE TABLE tenant_profile (
        org text PRIMARY KEY,
        organisation_number text NOT NULL CHECK (organisation_number ~ '^16[0-9]{10}$'),
        name text NOT NULL CHECK (name <> ''),
        actor_id text NOT NULL,
        processors jsonb NOT NULL DEFAULT '[]'
    )
    """,
    """
    CREATE TABLE tenant_purpose (
        org text NOT NULL REFERENCES tenant_profile (org),
        purpose text NOT NULL,
        valid daterange NOT NULL,
        purpose_text text NOT NULL CHECK (purpose_text <> ''),
        legal_text text NOT NULL CHECK (legal_text <> ''),
        PRIMARY KEY (org, purpose, valid),
        EXCLUDE USING gist (org WITH =, purpose WITH =, valid WITH &&)
    )
    """,
    *tenant_policies("tenant_profile"),
    *tenant_policies("tenant_purpose"),
    f"GRANT SELECT ON tenant_profile, tenant_purpose TO {RUNTIME}",
)

LOOKUPS = (
    """
    CREATE TABLE lookup (
        org text NOT NULL,
        id uuid NOT NULL,
        asked_at timestamptz NOT NULL,
        answered_at timestamptz,
        client_id text NOT NULL,
        handler text NOT NULL,
        case_reference text NOT NULL,
        person_mark bytea NOT NULL,
        person_sealed bytea NOT NULL,
        purpose text NOT NULL,
        purpose_text text NOT NULL,
        legal_text text NOT NULL,
        period daterange NOT NULL,
        decision_id uuid NOT NULL,
        decision_version integer NOT NULL,
        sources text[] NOT NULL,
        outcomes jsonb,
        complete boolean,
        protected_identity boolean NOT NULL DEFAULT false,
        af_items text[] NOT NULL DEFAULT '{}',
        PRIMARY KEY (org, id)
    )
    """,
    "CREATE INDEX lookup_by_person ON lookup (org, person_mark, asked_at DESC)",
    *tenant_policies("lookup"),
    # Sets the organisation and asks in one round trip; in a single query the planner could ask first.
    """
    CREATE FUNCTION is_known_protected(asker text, mark bytea) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN
        PERFORM set_config('app.org', asker, true);
        RETURN EXISTS (SELECT FROM lookup l WHERE l.org = asker AND l.person_mark = mark AND l.protected_identity);
    END $$
    """,
    f"GRANT EXECUTE ON FUNCTION is_known_protected(text, bytea) TO {RUNTIME}",
    f"GRANT SELECT, INSERT ON lookup TO {RUNTIME}",
    f"GRANT UPDATE (answered_at, outcomes, complete, protected_identity, af_items) ON lookup TO {RUNTIME}",
)

CONSULTATIONS = (
    """
    CREATE TABLE consultation (
        org text NOT NULL,
        id uuid NOT NULL,
        number text NOT NULL,
        answering_org text NOT NULL,
        type text NOT NULL,
        state text NOT NULL,
        turn text NOT NULL,
        version integer NOT NULL,
        assigned_to text,
        case_reference text NOT NULL,
        asked_by text NOT NULL,
        person_mark bytea NOT NULL,
        person_sealed bytea NOT NULL,
        purpose text NOT NULL,
        decision_id uuid NOT NULL,
        decision_version integer NOT NULL,
        lookup_id uuid,
        lookup_outcomes jsonb,
        af_items text[] NOT NULL DEFAULT '{}',
        asker_name text NOT NULL,
        asker_kind text NOT NULL,
        municipality_code text,
        county_code text,
        opened_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        target_seconds integer NOT NULL,
        answered_at timestamptz,
        closed_at timestamptz,
        total_seconds bigint,
        answering_seconds bigint,
        asking_seconds bigint,
        PRIMARY KEY (org, id),
        FOREIGN KEY (org, lookup_id) REFERENCES lookup (org, id)
    )
    """,
    "CREATE UNIQUE INDEX consultation_number ON consultation (org, number)",
    "CREATE INDEX consultation_of_asker ON consultation (org, opened_at DESC, id DESC)",
    # With all three, so that what belongs to a consultation can be held to both of its sides.
    "CREATE UNIQUE INDEX consultation_of_answerer ON consultation (answering_org, id, org)",
    """
    CREATE INDEX consultation_queue ON consultation (answering_org, due_at, id)
    WHERE turn <> 'nobody'
    """,
    "CREATE INDEX consultation_answered ON consultation (answered_at) WHERE answered_at IS NOT NULL",
    *forced("consultation"),
    f"CREATE POLICY own ON consultation USING (org = {ORGANISATION}) WITH CHECK (org = {ORGANISATION})",
    f"CREATE POLICY answering_reads ON consultation FOR SELECT USING (answering_org = {ORGANISATION})",
    f"""
    CREATE POLICY answering_works ON consultation FOR UPDATE
    USING (answering_org = {ORGANISATION}) WITH CHECK (answering_org = {ORGANISATION})
    """,
    f"CREATE POLICY statistics_reads ON consultation FOR SELECT TO {STATISTICS} USING (true)",
    f"GRANT SELECT, INSERT ON consultation TO {RUNTIME}",
    f"""
    GRANT UPDATE (state, turn, version, assigned_to, answered_at, closed_at, total_seconds,
                  answering_seconds, asking_seconds) ON consultation TO {RUNTIME}
    """,
    f"""
    GRANT SELECT (type, state, turn, asker_name, asker_kind, municipality_code, county_code, opened_at, due_at,
                  target_seconds, answered_at, total_seconds, answering_seconds, asking_seconds)
    ON consultation TO {STATISTICS}
    """,
)

EVENTS = (
    """
    CREATE TABLE consultation_event (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        sequence integer NOT NULL,
        id uuid NOT NULL,
        answering_org text NOT NULL,
        at timestamptz NOT NULL,
        action text NOT NULL,
        state text NOT NULL,
        turn text NOT NULL,
        actor_org text NOT NULL,
        client_id text NOT NULL,
        actor text,
        audience text NOT NULL,
        channel text NOT NULL,
        PRIMARY KEY (org, consultation_id, sequence),
        FOREIGN KEY (answering_org, consultation_id, org) REFERENCES consultation (answering_org, id, org)
    )
    """,
    """
    CREATE TABLE consultation_message (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        sequence integer NOT NULL,
        answering_org text NOT NULL,
        sealed bytea NOT NULL,
        PRIMARY KEY (org, consultation_id, sequence),
        FOREIGN KEY (org, consultation_id, sequence)
            REFERENCES consultation_event (org, consultation_id, sequence),
        FOREIGN KEY (answering_org, consultation_id, org) REFERENCES consultation (answering_org, id, org)
    )
    """,
    """
    CREATE TABLE outbox (
        org text NOT NULL,
        id uuid NOT NULL,
        answering_org text NOT NULL,
        at timestamptz NOT NULL,
        kind text NOT NULL,
        consultation_id uuid NOT NULL,
        sequence integer NOT NULL,
        delivered_at timestamptz,
        PRIMARY KEY (org, id)
    )
    """,
    "CREATE INDEX outbox_waiting ON outbox (at, id) WHERE delivered_at IS NULL",
    *forced("consultation_event"),
    *forced("consultation_message"),
    *forced("outbox"),
    f"""
    CREATE POLICY own ON consultation_event FOR SELECT
    USING (org = {ORGANISATION} AND audience = 'both')
    """,
    f"CREATE POLICY answering ON consultation_event FOR SELECT USING (answering_org = {ORGANISATION})",
    f"""
    CREATE POLICY written_by_a_side ON consultation_event FOR INSERT
    WITH CHECK (actor_org = {ORGANISATION} AND actor_org IN (org, answering_org))
    """,
    f"""
    CREATE POLICY either_side ON consultation_message
    USING ({ORGANISATION} IN (org, answering_org)) WITH CHECK ({ORGANISATION} IN (org, answering_org))
    """,
    f"CREATE POLICY either_side ON outbox FOR INSERT WITH CHECK ({ORGANISATION} IN (org, answering_org))",
    f"GRANT SELECT, INSERT ON consultation_event TO {RUNTIME}",
    f"GRANT SELECT, INSERT ON consultation_message TO {RUNTIME}",
    f"GRANT INSERT ON outbox TO {RUNTIME}",
)


def upgrade() -> None:
    """Create everything."""
    statements = (
        *TENANTS,
        *LOOKUPS,
        *CONSULTATIONS,
        *EVENTS,
        *audit_tables(RUNTIME),
        *idempotency_tables(RUNTIME),
        *append_only("consultation_event"),
        f"GRANT SELECT ON alembic_version TO {RUNTIME}",
    )
    for statement in statements:
        op.execute(statement)
