"""Marks for violence, closing codes and automatic closing, pulses, and links between consultations.

What is marked for violence is left out of the statistics altogether: a count that differed from what is listed would
tell of it. What has been told of a consultation is hidden with it: a trigger does so, since nobody who serves may
read the outbox.
"""

from alembic import op
from sqlalchemy import text

from shared.database.ddl import ORGANISATION, append_only, forced, tenant_policies

revision = "0017"
down_revision = "0016"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"
STATISTICS = "consultation_statistics"
WORKER = "consultation_worker"

_COUNTED = ("pulse_rating",)

VIOLENCE = (
    "ALTER TABLE consultation ADD COLUMN matter text",
    # The audit trail asks for each of its entries whether what it is about is hidden.
    "CREATE INDEX consultation_restricted ON consultation (id) WHERE restricted IS NOT NULL",
    "ALTER POLICY statistics_reads ON consultation USING (restricted IS DISTINCT FROM 'violence')",
    f"GRANT SELECT (restricted) ON consultation TO {WORKER}",
    f"GRANT DELETE ON lead_time_fact TO {WORKER}",
    f"CREATE POLICY hidden_by_the_function ON outbox TO {OWNER} USING (true) WITH CHECK (true)",
    """
    CREATE FUNCTION hide_in_outbox() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = {schema}, pg_temp AS
    $$ BEGIN
        -- By the ids of its events, which are those of the rows that tell of them.
        UPDATE outbox o SET restricted = NEW.restricted FROM consultation_event e
        WHERE e.org = NEW.org AND e.consultation_id = NEW.id AND o.org = e.org AND o.id = e.id;
        RETURN NULL;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION hide_in_outbox() FROM PUBLIC",
    # What was hidden once is not told afterwards.
    """
    CREATE TRIGGER hidden_in_outbox AFTER UPDATE OF restricted ON consultation
    FOR EACH ROW WHEN (NEW.restricted IS NOT NULL) EXECUTE FUNCTION hide_in_outbox()
    """,
)

CLOSING = (
    # What every change reads and sets, and so also those that the clock makes.
    f"GRANT SELECT (queue, closing_code), UPDATE (queue, closing_code) ON consultation TO {WORKER}",
    "CREATE INDEX consultation_to_close ON consultation (answering_org, answered_at) WHERE state = 'answered'",
)


# Words are read by the organisation that gave them. The rating is counted with the consultation that it is about, of
# which the counting role knows neither the handler nor the person.
PULSES = (
    """
    CREATE TABLE pulse (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        given_at timestamptz NOT NULL,
        sealed bytea,
        PRIMARY KEY (org, consultation_id),
        FOREIGN KEY (org, consultation_id) REFERENCES consultation (org, id)
    )
    """,
    *tenant_policies("pulse"),
    *append_only("pulse"),
    f"GRANT SELECT, INSERT ON pulse TO {RUNTIME}",
    "ALTER TABLE consultation ADD COLUMN pulse_rating smallint CHECK (pulse_rating BETWEEN 1 AND 5)",
    f"GRANT UPDATE (pulse_rating) ON consultation TO {RUNTIME}",
    f"GRANT SELECT ({', '.join(_COUNTED)}) ON consultation TO {STATISTICS}",
    "CREATE INDEX consultation_closed ON consultation (closed_at) WHERE state = 'closed'",
)

_BOTH_ENDS = f"answering_org = {ORGANISATION} OR (org = {ORGANISATION} AND to_org = {ORGANISATION})"
_ENDS_EXIST = """
    EXISTS (SELECT FROM consultation c
            WHERE c.org = consultation_link.org AND c.id = consultation_link.consultation_id
              AND c.answering_org = consultation_link.answering_org)
    AND EXISTS (SELECT FROM consultation c
                WHERE c.org = consultation_link.to_org AND c.id = consultation_link.to_id
                  AND c.answering_org = consultation_link.answering_org)
"""
LINKS = (
    """
    CREATE TABLE consultation_link (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        to_org text NOT NULL,
        to_id uuid NOT NULL,
        kind text NOT NULL CHECK (kind IN ('related', 'duplicate_of', 'follows')),
        answering_org text NOT NULL,
        made_at timestamptz NOT NULL,
        made_by_org text NOT NULL,
        client_id text NOT NULL,
        actor text,
        PRIMARY KEY (org, consultation_id, to_org, to_id, kind),
        FOREIGN KEY (org, consultation_id) REFERENCES consultation (org, id),
        FOREIGN KEY (to_org, to_id) REFERENCES consultation (org, id),
        CHECK (consultation_id <> to_id)
    )
    """,
    "CREATE INDEX consultation_link_back ON consultation_link (to_org, to_id)",
    *forced("consultation_link"),
    f"""
    CREATE POLICY both_ends ON consultation_link USING ({_BOTH_ENDS})
    WITH CHECK (made_by_org = {ORGANISATION} AND ({_BOTH_ENDS}) AND {_ENDS_EXIST})
    """,
    *append_only("consultation_link"),
    f"GRANT SELECT, INSERT ON consultation_link TO {RUNTIME}",
)


def upgrade() -> None:
    """Add them."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*VIOLENCE, *CLOSING, *PULSES, *LINKS):
        op.execute(statement.replace("{schema}", schema))
