"""An answered consultation that the system could not close is tried again later, after those that it can close."""

from alembic import op

revision = "0030"
down_revision = "0028"

WORKER = "consultation_worker"

STEPPING_ASIDE = (
    "ALTER TABLE consultation ADD COLUMN closing_put_off_until timestamptz",
    f"GRANT SELECT (closing_put_off_until), UPDATE (closing_put_off_until) ON consultation TO {WORKER}",
)


def upgrade() -> None:
    """Remember until when."""
    for statement in STEPPING_ASIDE:
        op.execute(statement)
