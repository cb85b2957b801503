"""A consultation may say whether it is part of a cooperation, or only refers a person to a measure (R59)."""

from alembic import op

revision = "0025"
down_revision = "0024"

WORKER = "consultation_worker"


def upgrade() -> None:
    """Nothing is known of those that there are."""
    op.execute("ALTER TABLE consultation ADD COLUMN cooperation text CHECK (cooperation <> '')")
    # Cooperation cases are counted when figures are folded.
    op.execute(f"GRANT SELECT (cooperation) ON consultation TO {WORKER}")
