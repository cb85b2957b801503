"""Who calls itself the answering side writes only in a consultation that is put to it.

A foreign key said so before, but after the uniqueness of the row had been looked at: a duplicate was told apart from
an id that leads nowhere. In the outbox nothing said so.
"""

from alembic import op

from shared.database.ddl import ORGANISATION

revision = "0006"
down_revision = "0005"

_A_SIDE = f"""
    org = {ORGANISATION} OR (answering_org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = {{table}}.org AND c.id = {{table}}.consultation_id AND c.answering_org = {ORGANISATION}))
"""


def upgrade() -> None:
    """Ask for the consultation in the policies of what belongs to it."""
    side = {table: _A_SIDE.format(table=table) for table in ("consultation_event", "consultation_message", "outbox")}
    for statement in (
        f"""
        ALTER POLICY written_by_a_side ON consultation_event
        WITH CHECK (actor_org = {ORGANISATION} AND ({side["consultation_event"]}))
        """,
        f"ALTER POLICY either_side ON consultation_message WITH CHECK ({side['consultation_message']})",
        f"ALTER POLICY either_side ON outbox WITH CHECK ({side['outbox']})",
    ):
        op.execute(statement)
