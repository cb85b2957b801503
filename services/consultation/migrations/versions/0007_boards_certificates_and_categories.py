"""A tenant's boards and client certificate, and what kind of question a consultation asks.

A board (nämnd) has a name and an actor id of its own at Försäkringskassan. The certificate is a reference: the file
itself is never in the database.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

RUNTIME = "consultation_runtime"

STATEMENTS = (
    """
    ALTER TABLE tenant_profile
        ADD COLUMN boards jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(boards) = 'object'),
        ADD COLUMN certificate text CHECK (certificate ~ '^[a-z0-9][a-z0-9-]{0,62}$')
    """,
    "ALTER TABLE consultation ADD COLUMN question_category text CHECK (question_category <> '')",
)


def upgrade() -> None:
    """Add the columns; nothing that is there says anything of them."""
    for statement in STATEMENTS:
        op.execute(statement)
