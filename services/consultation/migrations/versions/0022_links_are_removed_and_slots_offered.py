"""Links are removed by the side that made them, and meetings are booked in slots that a unit offers.

That a slot is booked once is a unique index: a cancelled meeting leaves it, and so frees the slot.
"""

from alembic import op

from shared.database.ddl import ORGANISATION, tenant_policies

revision = "0022"
down_revision = "0021"

RUNTIME = "consultation_runtime"

LINKS = (
    # A link is still never changed.
    "DROP TRIGGER append_only ON consultation_link",
    """
    CREATE TRIGGER never_changed BEFORE UPDATE ON consultation_link
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    f"""
    CREATE POLICY removed_by_its_maker ON consultation_link AS RESTRICTIVE FOR DELETE TO {RUNTIME}
    USING (made_by_org = {ORGANISATION})
    """,
    f"GRANT DELETE ON consultation_link TO {RUNTIME}",
)

SLOTS = (
    """
    CREATE TABLE meeting_slot (
        org text NOT NULL,
        id uuid NOT NULL,
        unit text NOT NULL,
        starts_at timestamptz NOT NULL,
        minutes smallint NOT NULL CHECK (minutes BETWEEN 5 AND 480),
        place smallint NOT NULL CHECK (place BETWEEN 1 AND 20),
        offered_at timestamptz NOT NULL,
        client_id text NOT NULL,
        handler text,
        PRIMARY KEY (org, id),
        UNIQUE (org, unit, starts_at, place)
    )
    """,
    "CREATE INDEX meeting_slot_in_time ON meeting_slot (org, starts_at)",
    *tenant_policies("meeting_slot"),
    f"GRANT SELECT, INSERT, DELETE ON meeting_slot TO {RUNTIME}",
    "ALTER TABLE meeting ADD COLUMN slot_id uuid",
    "ALTER TABLE meeting ADD FOREIGN KEY (answering_org, slot_id) REFERENCES meeting_slot (org, id)",
    # The slot is the answering side's, which alone states one: neither the key nor the index tells others anything.
    f"""
    CREATE POLICY slot_stated_by_its_owner ON meeting AS RESTRICTIVE FOR INSERT
    WITH CHECK (slot_id IS NULL OR answering_org = {ORGANISATION})
    """,
    """
    CREATE UNIQUE INDEX meeting_slot_taken ON meeting (answering_org, slot_id)
    WHERE slot_id IS NOT NULL AND outcome IS DISTINCT FROM 'cancelled'
    """,
)


def upgrade() -> None:
    """Let links be removed, and slots be offered."""
    for statement in (*LINKS, *SLOTS):
        op.execute(statement)
