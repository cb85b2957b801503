"""Which information sets a consultation asks for, and the decision on each of them.

What is disclosed of a set is sealed, and so is the explanation of a refusal. A set that is refused has no content:
the table can't hold any.
"""

from alembic import op

from shared.database.ddl import ORGANISATION, append_only, forced

revision = "0014"
down_revision = "0013"

RUNTIME = "consultation_runtime"

_A_SIDE = f"""
    org = {ORGANISATION} OR (answering_org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = {{table}}.org AND c.id = {{table}}.consultation_id AND c.answering_org = {ORGANISATION}))
"""


def _either_side(table: str) -> str:
    check = _A_SIDE.format(table=table)
    return f"CREATE POLICY either_side ON {table} USING ({ORGANISATION} IN (org, answering_org)) WITH CHECK ({check})"


ASKED = (
    """
    CREATE TABLE asked_set (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        code text NOT NULL,
        answering_org text NOT NULL,
        basis text NOT NULL CHECK (basis IN ('statute', 'consent', 'secrecy_assessment')),
        in_registers boolean NOT NULL,
        PRIMARY KEY (org, consultation_id, code),
        FOREIGN KEY (answering_org, consultation_id, org) REFERENCES consultation (answering_org, id, org)
    )
    """,
    *forced("asked_set"),
    _either_side("asked_set"),
    f"GRANT SELECT, INSERT ON asked_set TO {RUNTIME}",
    *append_only("asked_set"),
)

DECIDED = (
    """
    CREATE TABLE disclosure (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        code text NOT NULL,
        answering_org text NOT NULL,
        sequence integer NOT NULL,
        decision text NOT NULL CHECK (decision IN ('disclose', 'partly', 'refuse')),
        legal_basis text NOT NULL,
        reason text,
        explanation bytea,
        content bytea,
        PRIMARY KEY (org, consultation_id, code),
        FOREIGN KEY (org, consultation_id, code) REFERENCES asked_set (org, consultation_id, code),
        FOREIGN KEY (org, consultation_id, sequence)
            REFERENCES consultation_event (org, consultation_id, sequence),
        CHECK ((decision = 'refuse') = (content IS NULL)),
        CHECK ((decision = 'disclose') = (reason IS NULL))
    )
    """,
    *forced("disclosure"),
    _either_side("disclosure"),
    f"GRANT SELECT, INSERT ON disclosure TO {RUNTIME}",
    *append_only("disclosure"),
)


def upgrade() -> None:
    """Add them."""
    for statement in (*ASKED, *DECIDED):
        op.execute(statement)
