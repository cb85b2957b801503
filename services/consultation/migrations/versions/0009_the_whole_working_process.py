"""Units and queues, what is hidden, when a thing happened, and the parts of time that a whole process has.

An event tells when it was written down (`at`) and, when that was later, when it happened. What is `restricted` is
hidden from whoever lacks the special scope. The clock towards the target stands still since `clock_stopped_at`.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

RUNTIME = "consultation_runtime"
STATISTICS = "consultation_statistics"

_SET_BY_CHANGES = (
    *("unit", "queue", "restricted", "triaged_at", "escalated_at", "first_response_at", "due_at", "target_seconds"),
    *("clock_stopped_at", "closing_code", "person_seconds", "post_seconds", "secrecy_seconds", "meeting_seconds"),
    *("first_response_seconds", "touch_seconds"),
)
_COUNTED = (
    *("unit", "queue", "triaged_at", "escalated_at", "first_response_at", "clock_stopped_at", "channel_in"),
    *("closing_code", "round", "closed_at", "person_seconds", "post_seconds", "secrecy_seconds", "meeting_seconds"),
    *("first_response_seconds", "touch_seconds"),
)


def upgrade() -> None:
    """Add the columns, and let through what changes set and statistics count."""
    for statement in (
        """
        ALTER TABLE consultation
            ADD COLUMN unit text NOT NULL DEFAULT 'national',
            ADD COLUMN queue text NOT NULL DEFAULT 'general',
            ADD COLUMN restricted text CHECK (restricted IN ('violence', 'corrections')),
            ADD COLUMN channel_in text NOT NULL DEFAULT 'api',
            ADD COLUMN round smallint NOT NULL DEFAULT 1 CHECK (round > 0),
            ADD COLUMN previous_id uuid,
            ADD COLUMN triaged_at timestamptz,
            ADD COLUMN escalated_at timestamptz,
            ADD COLUMN first_response_at timestamptz,
            ADD COLUMN clock_stopped_at timestamptz,
            ADD COLUMN closing_code text,
            ADD COLUMN person_seconds bigint,
            ADD COLUMN post_seconds bigint,
            ADD COLUMN secrecy_seconds bigint,
            ADD COLUMN meeting_seconds bigint,
            ADD COLUMN first_response_seconds bigint,
            ADD COLUMN touch_seconds bigint,
            ADD FOREIGN KEY (org, previous_id) REFERENCES consultation (org, id)
        """,
        # One round follows another; two that were asked for at once are one.
        "CREATE UNIQUE INDEX consultation_next_round ON consultation (org, previous_id) WHERE previous_id IS NOT NULL",
        """
        ALTER TABLE consultation_event
            ADD COLUMN unit text NOT NULL DEFAULT 'national',
            ADD COLUMN happened_at timestamptz CHECK (happened_at <= at),
            ADD COLUMN detail jsonb NOT NULL DEFAULT '{}'
        """,
        """
        ALTER TABLE outbox
            ADD COLUMN audience text NOT NULL DEFAULT 'both',
            ADD COLUMN restricted text
        """,
        f"GRANT UPDATE ({', '.join(_SET_BY_CHANGES)}) ON consultation TO {RUNTIME}",
        f"GRANT SELECT ({', '.join(_COUNTED)}) ON consultation TO {STATISTICS}",
    ):
        op.execute(statement)
