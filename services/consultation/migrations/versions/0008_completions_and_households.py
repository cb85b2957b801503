"""Attempts at a look-up, answers kept for a short while so that the rest can be asked again, and households.

A look-up that has been asked once has no rows of attempts: its own row says it all. What the sources said is kept
sealed, and only of a look-up in which something failed; background jobs remove it, and see when it expires only.
"""

from alembic import op

from shared.database.ddl import tenant_policies

revision = "0008"
down_revision = "0007"

RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

ATTEMPTS = (
    """
    CREATE TABLE lookup_attempt (
        org text NOT NULL,
        lookup_id uuid NOT NULL,
        number smallint NOT NULL CHECK (number > 0),
        asked_at timestamptz NOT NULL,
        answered_at timestamptz,
        client_id text NOT NULL,
        handler text NOT NULL,
        purpose_text text NOT NULL,
        legal_text text NOT NULL,
        decision_id uuid NOT NULL,
        decision_version integer NOT NULL,
        sources text[] NOT NULL,
        outcomes jsonb,
        PRIMARY KEY (org, lookup_id, number),
        FOREIGN KEY (org, lookup_id) REFERENCES lookup (org, id),
        CHECK ((answered_at IS NULL) = (outcomes IS NULL))
    )
    """,
    *tenant_policies("lookup_attempt"),
    f"GRANT SELECT, INSERT ON lookup_attempt TO {RUNTIME}",
    f"GRANT UPDATE (answered_at, outcomes) ON lookup_attempt TO {RUNTIME}",
)

KEPT = (
    """
    CREATE TABLE kept_lookup (
        org text NOT NULL,
        lookup_id uuid NOT NULL,
        sealed bytea NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (org, lookup_id),
        FOREIGN KEY (org, lookup_id) REFERENCES lookup (org, id)
    )
    """,
    "CREATE INDEX kept_lookup_expiry ON kept_lookup (expires_at)",
    *tenant_policies("kept_lookup"),
    # Nobody can make an answer stay longer than it was to: its time is not the serving role's to change.
    f"GRANT SELECT, INSERT, UPDATE (sealed), DELETE ON kept_lookup TO {RUNTIME}",
    f"GRANT SELECT (expires_at), DELETE ON kept_lookup TO {WORKER}",
    f"CREATE POLICY expiry_seen ON kept_lookup FOR SELECT TO {WORKER} USING (true)",
    f"CREATE POLICY forgotten ON kept_lookup FOR DELETE TO {WORKER} USING (true)",
)

HOUSEHOLDS = (
    """
    CREATE TABLE household_lookup (
        org text NOT NULL,
        id uuid NOT NULL,
        asked_at timestamptz NOT NULL,
        client_id text NOT NULL,
        handler text NOT NULL,
        case_reference text NOT NULL,
        purpose text NOT NULL,
        PRIMARY KEY (org, id)
    )
    """,
    # Of who could not be asked about nothing is kept but the place in the request and the refusal.
    """
    CREATE TABLE household_member (
        org text NOT NULL,
        household_id uuid NOT NULL,
        position smallint NOT NULL CHECK (position >= 0),
        role text NOT NULL CHECK (role IN ('applicant', 'co_applicant', 'child')),
        lookup_id uuid,
        refusal text,
        PRIMARY KEY (org, household_id, position),
        FOREIGN KEY (org, household_id) REFERENCES household_lookup (org, id),
        FOREIGN KEY (org, lookup_id) REFERENCES lookup (org, id)
    )
    """,
    *tenant_policies("household_lookup"),
    *tenant_policies("household_member"),
    f"GRANT SELECT, INSERT ON household_lookup, household_member TO {RUNTIME}",
    f"GRANT UPDATE (lookup_id, refusal) ON household_member TO {RUNTIME}",
)


def upgrade() -> None:
    """Create the tables; look-ups made before them are complete or have nothing kept."""
    for statement in (*ATTEMPTS, *KEPT, *HOUSEHOLDS):
        op.execute(statement)
