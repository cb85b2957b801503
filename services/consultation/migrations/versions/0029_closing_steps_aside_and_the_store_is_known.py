"""What can't be closed steps aside, and the database knows the store that holds its attachments.

An answered consultation that the system could not close is tried again later, after those that it can close. The store
has an id, which it carries too: where a volume is not mounted, or another one is, nothing is called damaged.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

RUNTIME, WORKER = "consultation_runtime", "consultation_worker"

STEPPING_ASIDE = (
    "ALTER TABLE consultation ADD COLUMN closing_put_off_until timestamptz",
    f"GRANT SELECT (closing_put_off_until), UPDATE (closing_put_off_until) ON consultation TO {WORKER}",
)
STORE = (
    "CREATE TABLE attachment_store (id uuid NOT NULL, made_at timestamptz)",
    # There is one.
    "CREATE UNIQUE INDEX attachment_store_is_one ON attachment_store ((true))",
    "INSERT INTO attachment_store (id) VALUES (gen_random_uuid())",
    f"GRANT SELECT, UPDATE (made_at) ON attachment_store TO {RUNTIME}, {WORKER}",
)


def upgrade() -> None:
    """Remember until when, and which store."""
    for statement in (*STEPPING_ASIDE, *STORE):
        op.execute(statement)
