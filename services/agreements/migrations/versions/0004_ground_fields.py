"""Which fields a ground opens, and how texts refer to a legal basis.

Both begin empty, which opens nothing and finds nothing: what they hold comes with the register's next edition.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE ground ADD COLUMN fields text[] NOT NULL DEFAULT '{}'",
    "ALTER TABLE legal_basis ADD COLUMN cited_as text[] NOT NULL DEFAULT '{}'",
)


def upgrade() -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        op.execute(statement)
