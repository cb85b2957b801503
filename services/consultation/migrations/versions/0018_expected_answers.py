"""What was said of when an answer could be expected, and the samples it is told from.

The samples are lead times by type and unit: no organisation's, no consultation's and nobody's. The role of background
jobs makes them as the answering authority; everybody else reads them.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

STATEMENTS = (
    "ALTER TABLE consultation ADD COLUMN expected_at timestamptz",
    "ALTER TABLE consultation ADD COLUMN expected_basis text CHECK (expected_basis IN ('unit', 'type'))",
    # The latest answers of each type and unit, without a look at the rows themselves.
    """
    CREATE INDEX consultation_latest_answers ON consultation (answering_org, type, unit, answered_at DESC)
    INCLUDE (total_seconds, expected_at, expected_basis)
    WHERE answered_at IS NOT NULL AND channel_in NOT IN ('phone', 'post', 'local_office')
    """,
    """
    CREATE INDEX consultation_expected_open ON consultation (answering_org, type, unit, expected_at)
    INCLUDE (expected_basis) WHERE turn <> 'nobody' AND expected_at IS NOT NULL
    """,
    """
    CREATE TABLE expected_sample (
        type text NOT NULL,
        unit text NOT NULL,
        basis text NOT NULL CHECK (basis IN ('unit', 'type')),
        seconds integer[] NOT NULL,
        level double precision NOT NULL CHECK (level BETWEEN 0 AND 1),
        refreshed_at timestamptz NOT NULL,
        PRIMARY KEY (type, unit)
    )
    """,
    f"GRANT SELECT ON expected_sample TO {RUNTIME}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON expected_sample TO {WORKER}",
    f"GRANT SELECT (channel_in, expected_at, expected_basis) ON consultation TO {WORKER}",
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
