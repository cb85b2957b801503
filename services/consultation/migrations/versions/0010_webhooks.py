"""Webhooks: subscriptions with their secrets, what is to be delivered, each attempt, and what contacts were told.

The outbox is now read: by the role of background jobs, which makes deliveries of it. All of these are an
organisation's own rows, and the worker delivers for everybody.
"""

from alembic import op

from shared.database.ddl import tenant_policies

revision = "0010"
down_revision = "0009"

RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

TABLES = (
    """
    CREATE TABLE webhook_subscription (
        org text NOT NULL,
        id uuid NOT NULL,
        version integer NOT NULL,
        url text NOT NULL,
        event_types text[] NOT NULL CHECK (cardinality(event_types) > 0),
        restrictions text[] NOT NULL DEFAULT '{}',
        contact_function text NOT NULL,
        contact_email text NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'active', 'paused')),
        created_at timestamptz NOT NULL,
        client_id text NOT NULL,
        tells_from timestamptz,
        validated_at timestamptz,
        failing_since timestamptz,
        gave_up_at timestamptz,
        paused_at timestamptz,
        told_at timestamptz,
        replayed_at timestamptz,
        removed_at timestamptz,
        PRIMARY KEY (org, id),
        UNIQUE (id),
        CHECK (state <> 'active' OR (tells_from IS NOT NULL AND validated_at IS NOT NULL))
    )
    """,
    """
    CREATE INDEX webhook_subscription_of ON webhook_subscription (org, created_at DESC, id DESC)
    WHERE removed_at IS NULL
    """,
    "CREATE INDEX webhook_subscription_removed ON webhook_subscription (removed_at) WHERE removed_at IS NOT NULL",
    """
    CREATE TABLE webhook_secret (
        org text NOT NULL,
        subscription_id uuid NOT NULL,
        number integer NOT NULL,
        sealed bytea NOT NULL,
        made_at timestamptz NOT NULL,
        retires_at timestamptz,
        PRIMARY KEY (org, subscription_id, number),
        FOREIGN KEY (org, subscription_id) REFERENCES webhook_subscription (org, id) ON DELETE CASCADE
    )
    """,
    # A queue in a table: room on its pages for the changes of each row, and vacuumed by number, not by share.
    """
    CREATE TABLE webhook_delivery (
        org text NOT NULL,
        id uuid NOT NULL,
        subscription_id uuid NOT NULL,
        event_id uuid NOT NULL,
        event_type text NOT NULL,
        event_at timestamptz NOT NULL,
        consultation_id uuid NOT NULL,
        sequence integer NOT NULL,
        state text NOT NULL,
        sample boolean NOT NULL DEFAULT false,
        status text NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
        created_at timestamptz NOT NULL,
        run_at timestamptz NOT NULL,
        give_up_at timestamptz NOT NULL,
        lease uuid,
        attempts integer NOT NULL DEFAULT 0,
        tries integer NOT NULL DEFAULT 0,
        finished_at timestamptz,
        PRIMARY KEY (org, id),
        UNIQUE (org, subscription_id, event_id),
        CHECK ((status = 'waiting') = (finished_at IS NULL)),
        FOREIGN KEY (org, subscription_id) REFERENCES webhook_subscription (org, id) ON DELETE CASCADE
    ) WITH (fillfactor = 80, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0,
            autovacuum_vacuum_cost_delay = 0)
    """,
    # The order in which a receiver's are claimed; the line of a consultation; those whose time is over.
    """
    CREATE INDEX webhook_delivery_due ON webhook_delivery (subscription_id, run_at, id) WHERE status = 'waiting'
    """,
    """
    CREATE INDEX webhook_delivery_line ON webhook_delivery (subscription_id, consultation_id, sequence)
    WHERE status = 'waiting'
    """,
    "CREATE INDEX webhook_delivery_over ON webhook_delivery (give_up_at) WHERE status = 'waiting'",
    "CREATE INDEX webhook_delivery_old ON webhook_delivery (finished_at) WHERE status <> 'waiting'",
    # For lists, and to be sent again since a time: of all, and of those that failed, which are few.
    "CREATE INDEX webhook_delivery_of ON webhook_delivery (subscription_id, event_at, id)",
    """
    CREATE INDEX webhook_delivery_failed ON webhook_delivery (subscription_id, event_at, id) WHERE status = 'failed'
    """,
    """
    CREATE INDEX webhook_delivery_samples ON webhook_delivery (subscription_id) WHERE status = 'waiting' AND sample
    """,
    """
    CREATE TABLE webhook_attempt (
        org text NOT NULL,
        delivery_id uuid NOT NULL,
        number integer NOT NULL,
        at timestamptz NOT NULL,
        outcome text,
        http_status integer,
        milliseconds integer,
        PRIMARY KEY (org, delivery_id, number),
        FOREIGN KEY (org, delivery_id) REFERENCES webhook_delivery (org, id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE webhook_notice (
        org text NOT NULL,
        id uuid NOT NULL,
        subscription_id uuid NOT NULL,
        at timestamptz NOT NULL,
        failing_since timestamptz,
        paused boolean NOT NULL,
        outcomes jsonb NOT NULL,
        waiting integer NOT NULL,
        failed integer NOT NULL,
        PRIMARY KEY (org, id),
        FOREIGN KEY (org, subscription_id) REFERENCES webhook_subscription (org, id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX webhook_notice_of ON webhook_notice (org, at DESC, id DESC)",
    "CREATE INDEX webhook_notice_by_subscription ON webhook_notice (org, subscription_id)",
    # All that waits of one consultation is made into deliveries together.
    "CREATE INDEX outbox_line ON outbox (org, consultation_id) WHERE delivered_at IS NULL",
)
NAMES = ("webhook_subscription", "webhook_secret", "webhook_delivery", "webhook_attempt", "webhook_notice")
POLICIES = (
    *(statement for table in NAMES for statement in tenant_policies(table)),
    *(f"CREATE POLICY delivered_by_worker ON {table} TO {WORKER} USING (true) WITH CHECK (true)" for table in NAMES),
    f"CREATE POLICY spread_seen ON outbox FOR SELECT TO {WORKER} USING (true)",
    f"CREATE POLICY spread ON outbox FOR UPDATE TO {WORKER} USING (true) WITH CHECK (true)",
    f"CREATE POLICY state_seen ON consultation_event FOR SELECT TO {WORKER} USING (true)",
)
GRANTS = (
    f"GRANT SELECT, INSERT ON webhook_subscription TO {RUNTIME}",
    f"""
    GRANT UPDATE (version, url, event_types, restrictions, contact_function, contact_email, state, tells_from,
                  validated_at, failing_since, paused_at, replayed_at, removed_at) ON webhook_subscription TO {RUNTIME}
    """,
    f"GRANT SELECT, INSERT, UPDATE (retires_at), DELETE ON webhook_secret TO {RUNTIME}",
    f"GRANT SELECT, INSERT ON webhook_delivery TO {RUNTIME}",
    f"""
    GRANT UPDATE (status, run_at, give_up_at, lease, tries, finished_at) ON webhook_delivery TO {RUNTIME}
    """,
    f"GRANT SELECT ON webhook_attempt, webhook_notice TO {RUNTIME}",
    # What is removed over the API is erased by the worker, a batch at a time.
    f"GRANT SELECT, DELETE ON webhook_subscription TO {WORKER}",
    f"GRANT UPDATE (state, failing_since, gave_up_at, paused_at, told_at) ON webhook_subscription TO {WORKER}",
    f"GRANT SELECT, DELETE ON webhook_secret TO {WORKER}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_delivery, webhook_attempt, webhook_notice TO {WORKER}",
    f"GRANT SELECT, UPDATE (delivered_at) ON outbox TO {WORKER}",
    f"GRANT SELECT (org, consultation_id, sequence, state) ON consultation_event TO {WORKER}",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in (*TABLES, *POLICIES, *GRANTS):
        op.execute(statement)
