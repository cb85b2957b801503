"""A meeting that is cancelled leaves its slot, which can then be withdrawn as well as booked.

When it was to be stands with the meeting itself. Whoever cancels lets go of the slot, also on the asking side; to state
one remains for its owner alone.
"""

from alembic import op

from shared.database.ddl import ORGANISATION

revision = "0024"
down_revision = "0023"

RUNTIME = "consultation_runtime"

LEAVING = (
    f"GRANT UPDATE (slot_id) ON meeting TO {RUNTIME}",
    f"""
    CREATE POLICY slot_changed_by_its_owner ON meeting AS RESTRICTIVE FOR UPDATE TO {RUNTIME}
    WITH CHECK (slot_id IS NULL OR answering_org = {ORGANISATION})
    """,
    # Those that have been cancelled already. The owner is bound by its policies, but for this moment.
    "ALTER TABLE meeting NO FORCE ROW LEVEL SECURITY",
    "UPDATE meeting SET slot_id = NULL WHERE outcome = 'cancelled' AND slot_id IS NOT NULL",
    "ALTER TABLE meeting FORCE ROW LEVEL SECURITY",
)


def upgrade() -> None:
    """Let a meeting leave its slot."""
    for statement in LEAVING:
        op.execute(statement)
