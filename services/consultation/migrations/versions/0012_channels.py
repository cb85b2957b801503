"""Call-backs through the switchboard, meetings, letters, and what the answering side registers for the asker.

What comes by phone, by post or at an office is written down by the answering side, in the name of the one who asked:
a policy of its own lets it, for those channels alone. Where an organisation wants its letters is no secret, and the
answering side asks a function for it rather than read the organisation's profile.
"""

from alembic import op
from sqlalchemy import text

from shared.database.ddl import ORGANISATION, forced

revision = "0012"
down_revision = "0011"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"

REGISTERED = f"""
    CREATE POLICY registered_by_the_answering_side ON consultation FOR INSERT
    WITH CHECK (answering_org = {ORGANISATION} AND channel_in IN ('phone', 'post', 'local_office'))
"""

_A_SIDE = f"""
    org = {ORGANISATION} OR (answering_org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = {{table}}.org AND c.id = {{table}}.consultation_id AND c.answering_org = {ORGANISATION}))
"""


def _either_side(table: str) -> str:
    check = _A_SIDE.format(table=table)
    return f"CREATE POLICY either_side ON {table} USING ({ORGANISATION} IN (org, answering_org)) WITH CHECK ({check})"


CALL_BACKS = (
    """
    CREATE TABLE call_back (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        sequence integer NOT NULL,
        answering_org text NOT NULL,
        switchboard text NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('reached', 'not_reached', 'not_verified')),
        minutes smallint NOT NULL CHECK (minutes BETWEEN 0 AND 600),
        PRIMARY KEY (org, consultation_id, sequence),
        FOREIGN KEY (org, consultation_id, sequence)
            REFERENCES consultation_event (org, consultation_id, sequence)
    )
    """,
    *forced("call_back"),
    _either_side("call_back"),
    f"GRANT SELECT, INSERT ON call_back TO {RUNTIME}",
)

MEETINGS = (
    """
    CREATE TABLE meeting (
        org text NOT NULL,
        id uuid NOT NULL,
        consultation_id uuid NOT NULL,
        answering_org text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('remote', 'physical', 'three_party')),
        booked_sequence integer NOT NULL,
        booked_at timestamptz NOT NULL,
        starts_at timestamptz NOT NULL,
        minutes smallint NOT NULL CHECK (minutes BETWEEN 5 AND 480),
        participants text[] NOT NULL,
        outcome text CHECK (outcome IN ('held', 'missed', 'cancelled')),
        missed_by text,
        outcome_sequence integer,
        outcome_at timestamptz,
        PRIMARY KEY (org, id),
        FOREIGN KEY (org, consultation_id, booked_sequence)
            REFERENCES consultation_event (org, consultation_id, sequence),
        CHECK ((outcome IS NULL) = (outcome_sequence IS NULL) AND (outcome IS NULL) = (outcome_at IS NULL)),
        CHECK ((missed_by IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'missed'))
    )
    """,
    "CREATE INDEX meeting_of_consultation ON meeting (org, consultation_id, booked_sequence)",
    # A consultation waits for one meeting at a time.
    "CREATE UNIQUE INDEX meeting_awaited ON meeting (org, consultation_id) WHERE outcome IS NULL",
    *forced("meeting"),
    _either_side("meeting"),
    f"GRANT SELECT, INSERT ON meeting TO {RUNTIME}",
    f"GRANT UPDATE (outcome, missed_by, outcome_sequence, outcome_at) ON meeting TO {RUNTIME}",
)

LETTERS = (
    "ALTER TABLE tenant_profile ADD COLUMN postal_address jsonb",
    f"CREATE POLICY address_known_to_the_function ON tenant_profile FOR SELECT TO {OWNER} USING (true)",
    """
    CREATE FUNCTION postal_address_of(organisation text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS
    $$ BEGIN
        RETURN (SELECT p.postal_address FROM tenant_profile p WHERE p.org = organisation);
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION postal_address_of(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION postal_address_of(text) TO {RUNTIME}",
)


def upgrade() -> None:
    """Add them."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (REGISTERED, *CALL_BACKS, *MEETINGS, *LETTERS):
        op.execute(statement.replace("{schema}", schema))
