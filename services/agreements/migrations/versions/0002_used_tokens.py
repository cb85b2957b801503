"""Proofs that have been used, for all processes of the service."""

from alembic import op

from services.agreements.tables import RUNTIME_ROLE
from shared.database.ddl import used_token_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    for statement in used_token_tables(RUNTIME_ROLE):
        op.execute(statement)
