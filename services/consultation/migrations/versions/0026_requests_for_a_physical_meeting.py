"""Requests for a physical meeting: made by who asks, granted or refused by who answers, and counted by the worker.

Either side reads them. Row-level security lets the asking side make one and never settle it, and the answering side
settle one and never make it.
"""

from alembic import op

from services.consultation.retention.policies import erased_with_its_consultation
from shared.database.ddl import ORGANISATION, forced

revision = "0026"
down_revision = "0025"

RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

REQUESTS = (
    """
    CREATE TABLE meeting_request (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        sequence integer NOT NULL,
        answering_org text NOT NULL,
        requested_at timestamptz NOT NULL,
        distance_km smallint CHECK (distance_km BETWEEN 0 AND 2000),
        outcome text CHECK (outcome IN ('granted', 'refused')),
        outcome_sequence integer,
        outcome_at timestamptz,
        meeting_id uuid,
        reason text,
        PRIMARY KEY (org, consultation_id, sequence),
        FOREIGN KEY (org, consultation_id, sequence)
            REFERENCES consultation_event (org, consultation_id, sequence),
        CHECK ((outcome IS NULL) = (outcome_sequence IS NULL) AND (outcome IS NULL) = (outcome_at IS NULL)),
        CHECK ((meeting_id IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'granted')),
        CHECK ((reason IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'refused'))
    )
    """,
    # One waits at a time; the queue asks of each of its rows whether one does.
    "CREATE UNIQUE INDEX meeting_request_waiting ON meeting_request (org, consultation_id) WHERE outcome IS NULL",
    *forced("meeting_request"),
    f"CREATE POLICY read_by_either_side ON meeting_request FOR SELECT USING ({ORGANISATION} IN (org, answering_org))",
    f"CREATE POLICY made_by_who_asks ON meeting_request FOR INSERT WITH CHECK (org = {ORGANISATION})",
    f"""
    CREATE POLICY settled_by_who_answers ON meeting_request FOR UPDATE
    USING (answering_org = {ORGANISATION}) WITH CHECK (answering_org = {ORGANISATION})
    """,
    f"GRANT SELECT, INSERT ON meeting_request TO {RUNTIME}",
    f"GRANT UPDATE (outcome, outcome_sequence, outcome_at, meeting_id, reason) ON meeting_request TO {RUNTIME}",
    *erased_with_its_consultation("meeting_request"),
)
COUNTED = (
    f"CREATE POLICY folded_by_worker ON meeting_request FOR SELECT TO {WORKER} USING (true)",
    f"GRANT SELECT (sequence, outcome, outcome_sequence, meeting_id) ON meeting_request TO {WORKER}",
    f"CREATE POLICY folded_by_worker ON meeting FOR SELECT TO {WORKER} USING (true)",
    f"GRANT SELECT (id, starts_at) ON meeting TO {WORKER}",
)


def upgrade() -> None:
    """Let a physical meeting be asked for."""
    for statement in (*REQUESTS, *COUNTED):
        op.execute(statement)
