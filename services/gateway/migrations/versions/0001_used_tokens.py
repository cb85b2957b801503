"""Client assertions, and proofs sent with them, that have been used, for all processes of the gateway."""

from alembic import op

from services.gateway.tables import RUNTIME_ROLE
from shared.database.ddl import used_token_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    for statement in (*used_token_tables(RUNTIME_ROLE), f"GRANT SELECT ON alembic_version TO {RUNTIME_ROLE}"):
        op.execute(statement)
