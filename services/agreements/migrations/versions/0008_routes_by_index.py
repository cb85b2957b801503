"""What holds for a municipality and a competence on a day is found by an index.

Whatever is known of the table's size: units are loaded in one go, and statistics come later."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    CREATE INDEX unit_assignment_of ON unit_assignment (municipality_code, competence, org, valid_from DESC)
    WHERE withdrawn_at IS NULL
    """,
)


def upgrade() -> None:
    """Add it."""
    for statement in STATEMENTS:
        op.execute(statement)
