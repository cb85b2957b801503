"""Links between consultations are removed by the side that made them; what was said stands in the trail."""

from alembic import op

from shared.database.ddl import ORGANISATION

revision = "0022"
down_revision = "0018"

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


def upgrade() -> None:
    """Let them be removed."""
    for statement in LINKS:
        op.execute(statement)
