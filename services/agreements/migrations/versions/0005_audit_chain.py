"""The trail is sealed: queue, chain, checkpoints, and roles for the worker and the auditor."""

from alembic import op

from services.agreements.tables import AUDITOR_ROLE, OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE
from shared.database.ddl import sealing_tables

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create everything. One command a statement: the driver accepts no more."""
    for statement in (
        *sealing_tables(OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE, AUDITOR_ROLE),
        # The name of an organisation, for extracts and reviews.
        f"GRANT SELECT ON organisation TO {AUDITOR_ROLE}",
    ):
        op.execute(statement)
