"""The trail is sealed: queue, chain, checkpoints, and roles for the worker and the auditor."""

from alembic import op

from services.consultation.tables import AUDITOR_ROLE, OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE
from shared.database.ddl import sealing_tables

revision = "0003"
down_revision = "0002"

SEALING = (
    *sealing_tables(OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE, AUDITOR_ROLE),
    # The name of an organisation, for extracts and reviews.
    f"CREATE POLICY seen_by_auditor ON tenant_profile FOR SELECT TO {AUDITOR_ROLE} USING (true)",
    f"GRANT SELECT (org, name) ON tenant_profile TO {AUDITOR_ROLE}",
)


def upgrade() -> None:
    """Create everything."""
    for statement in SEALING:
        op.execute(statement)
