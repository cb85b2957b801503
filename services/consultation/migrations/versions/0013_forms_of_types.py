"""What a type of consultation asks for beside its question: sealed, since people write in it.

A kept form is bound to its consultation; without one there is nothing but the question.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column. Nobody changes what has been asked, and statistics do not see it."""
    op.execute("ALTER TABLE consultation ADD COLUMN details_sealed bytea")
