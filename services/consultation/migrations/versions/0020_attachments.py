"""Files that the two sides give each other: what is known of them. Their contents are kept elsewhere, under `blob`.

Until a file is told, only the side that gave it sees it, tells it or removes it; from then on both see it and nobody
who serves changes it. A background job writes what a scanner has said.
"""

from alembic import op

from services.consultation.retention.policies import erased_with_its_consultation
from shared.database.ddl import ORGANISATION, forced

revision = "0020"
down_revision = "0019"

RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

_A_SIDE = f"""
    org = {ORGANISATION} OR (answering_org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = attachment.org AND c.id = attachment.consultation_id AND c.answering_org = {ORGANISATION}))
"""
_OWN_UNTOLD = f"given_by = {ORGANISATION} AND sequence IS NULL AND {ORGANISATION} IN (org, answering_org)"
_SCANNED = ("org", "consultation_id", "id", "answering_org", "given_by", "sequence", "blob", "scan", "scan_due_at")

STATEMENTS = (
    """
    CREATE TABLE attachment (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        id uuid NOT NULL,
        answering_org text NOT NULL,
        given_by text NOT NULL CHECK (given_by IN (org, answering_org)),
        client_id text NOT NULL,
        actor text,
        given_at timestamptz NOT NULL,
        name_sealed bytea NOT NULL,
        media_type text NOT NULL,
        bytes bigint NOT NULL CHECK (bytes > 0),
        sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
        blob uuid,
        scan text NOT NULL CHECK (scan IN ('pending', 'clean', 'infected', 'not_scanned')),
        scanned_at timestamptz,
        scan_due_at timestamptz,
        sequence integer,
        information_set text CHECK (information_set IS NULL OR sequence IS NOT NULL),
        PRIMARY KEY (org, consultation_id, id),
        FOREIGN KEY (answering_org, consultation_id, org) REFERENCES consultation (answering_org, id, org),
        FOREIGN KEY (org, consultation_id, sequence)
            REFERENCES consultation_event (org, consultation_id, sequence),
        FOREIGN KEY (org, consultation_id, information_set) REFERENCES asked_set (org, consultation_id, code),
        CHECK ((scan = 'infected') = (blob IS NULL)),
        CHECK ((scan = 'pending') = (scan_due_at IS NOT NULL))
    )
    """,
    "CREATE INDEX attachment_of_day ON attachment (given_by, given_at) INCLUDE (bytes)",
    # A key is random and stated by nobody. Not unique: a clash would tell one organisation of another's.
    "CREATE INDEX attachment_by_blob ON attachment (blob) WHERE blob IS NOT NULL",
    "CREATE INDEX attachment_to_scan ON attachment (scan_due_at) WHERE scan = 'pending'",
    *forced("attachment"),
    f"""
    CREATE POLICY told_or_own ON attachment FOR SELECT
    USING ({ORGANISATION} IN (org, answering_org) AND (given_by = {ORGANISATION} OR sequence IS NOT NULL))
    """,
    f"""
    CREATE POLICY given_by_a_side ON attachment FOR INSERT
    WITH CHECK (given_by = {ORGANISATION} AND sequence IS NULL AND ({_A_SIDE}))
    """,
    f"""
    CREATE POLICY told_by_its_side ON attachment FOR UPDATE USING ({_OWN_UNTOLD})
    WITH CHECK (given_by = {ORGANISATION} AND sequence IS NOT NULL AND {ORGANISATION} IN (org, answering_org))
    """,
    f"CREATE POLICY removed_by_its_side ON attachment FOR DELETE USING ({_OWN_UNTOLD})",
    f"GRANT SELECT, INSERT, UPDATE (sequence, information_set), DELETE ON attachment TO {RUNTIME}",
    f"CREATE POLICY seen_by_worker ON attachment FOR SELECT TO {WORKER} USING (true)",
    f"CREATE POLICY scanned_by_worker ON attachment FOR UPDATE TO {WORKER} USING (true) WITH CHECK (true)",
    f"GRANT SELECT ({', '.join(_SCANNED)}), UPDATE (scan, scanned_at, scan_due_at, blob) ON attachment TO {WORKER}",
    *erased_with_its_consultation("attachment", "org, consultation_id, blob"),
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
