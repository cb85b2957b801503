"""What handlers have among themselves: notes, drafts, templates, and answers that wait for a second pair of eyes.

Each table is the own organisation's alone: no policy lets the other side of a consultation see a row of it. What was
on its way is cleared when the consultation moves on, by a trigger, since who moves it may be the side that must not
know of it.
"""

from alembic import op
from sqlalchemy import text

from services.consultation.retention.policies import erased_with_its_consultation, removed_but_by_worker
from shared.database.ddl import ORGANISATION, append_only, forced, tenant_policies

revision = "0021"
down_revision = "0020"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"
AUDITOR = "consultation_auditor"

_OPEN = "turn <> 'nobody' AND NOT hidden"


def _of_a_side(table: str, sides: str) -> tuple[str, ...]:
    """Only the own organisation's rows, of consultations in which it is one of the sides."""
    return (
        *forced(table),
        f"""
        CREATE POLICY own ON {table} USING (org = {ORGANISATION}) WITH CHECK (org = {ORGANISATION} AND EXISTS (
            SELECT FROM consultation c
            WHERE c.org = {table}.consultation_org AND c.id = {table}.consultation_id
              AND {ORGANISATION} IN ({sides})))
        """,
    )


NOTES = (
    """
    CREATE TABLE consultation_note (
        org text NOT NULL,
        id uuid NOT NULL,
        consultation_org text NOT NULL,
        consultation_id uuid NOT NULL,
        written_at timestamptz NOT NULL,
        author text NOT NULL,
        client_id text NOT NULL,
        supersedes uuid,
        sealed bytea NOT NULL,
        PRIMARY KEY (org, id),
        FOREIGN KEY (consultation_org, consultation_id) REFERENCES consultation (org, id),
        FOREIGN KEY (org, supersedes) REFERENCES consultation_note (org, id),
        UNIQUE (org, supersedes),
        CHECK (supersedes <> id)
    )
    """,
    "CREATE INDEX consultation_note_newest ON consultation_note (org, consultation_id, written_at DESC, id DESC)",
    *_of_a_side("consultation_note", "c.org, c.answering_org"),
    *append_only("consultation_note"),
    f"GRANT SELECT, INSERT ON consultation_note TO {RUNTIME}",
    "CREATE INDEX consultation_note_of ON consultation_note (consultation_org, consultation_id)",
    *erased_with_its_consultation("consultation_note", "consultation_org, consultation_id", "consultation_org"),
    *removed_but_by_worker("consultation_note"),
)

TEMPLATES = (
    """
    CREATE TABLE answer_template (
        org text NOT NULL,
        id uuid NOT NULL,
        edition integer NOT NULL CHECK (edition > 0),
        name text NOT NULL,
        type text,
        category text,
        unit text,
        body text NOT NULL,
        removed boolean NOT NULL DEFAULT false,
        edited_at timestamptz NOT NULL,
        edited_by text NOT NULL,
        client_id text NOT NULL,
        PRIMARY KEY (org, id, edition)
    )
    """,
    *tenant_policies("answer_template"),
    *append_only("answer_template"),
    f"GRANT SELECT, INSERT ON answer_template TO {RUNTIME}",
)

DRAFTS = (
    # Drawn for each version of each draft: a version that somebody has read never comes back for another text.
    "CREATE SEQUENCE answer_draft_version MAXVALUE 999999999 CYCLE",
    f"GRANT USAGE ON SEQUENCE answer_draft_version TO {RUNTIME}",
    """
    CREATE TABLE answer_draft (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        handler text NOT NULL,
        consultation_org text NOT NULL,
        version integer NOT NULL,
        saved_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        sealed bytea NOT NULL,
        PRIMARY KEY (org, consultation_id, handler),
        FOREIGN KEY (consultation_org, consultation_id) REFERENCES consultation (org, id)
    )
    """,
    "CREATE INDEX answer_draft_expiry ON answer_draft (expires_at)",
    "CREATE INDEX answer_draft_of ON answer_draft (consultation_org, consultation_id)",
    *_of_a_side("answer_draft", "c.answering_org"),
    f"GRANT SELECT, INSERT, UPDATE (version, saved_at, expires_at, sealed), DELETE ON answer_draft TO {RUNTIME}",
    f"GRANT SELECT (consultation_org, consultation_id, expires_at), DELETE ON answer_draft TO {WORKER}",
    f"CREATE POLICY expiry_seen ON answer_draft FOR SELECT TO {WORKER} USING (true)",
    f"CREATE POLICY forgotten ON answer_draft FOR DELETE TO {WORKER} USING (true)",
    f"CREATE POLICY proved_by_auditor ON answer_draft FOR SELECT TO {AUDITOR} USING (true)",
    f"GRANT SELECT (consultation_id, expires_at) ON answer_draft TO {AUDITOR}",
)

APPROVALS = (
    """
    CREATE TABLE approval_rule (
        org text NOT NULL,
        id uuid NOT NULL,
        unit text,
        type text,
        valid_from date NOT NULL,
        recorded_at timestamptz NOT NULL,
        recorded_by text NOT NULL,
        client_id text NOT NULL,
        covers text CHECK (covers IN ('all_answers', 'decisions', 'refusals')),
        PRIMARY KEY (org, id)
    )
    """,
    *tenant_policies("approval_rule"),
    *append_only("approval_rule"),
    f"GRANT SELECT, INSERT ON approval_rule TO {RUNTIME}",
    """
    CREATE TABLE answer_proposal (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        consultation_org text NOT NULL,
        sequence integer NOT NULL,
        proposed_at timestamptz NOT NULL,
        proposed_by text NOT NULL,
        sealed bytea NOT NULL,
        sent_back_at timestamptz,
        sent_back_by text,
        reason bytea,
        PRIMARY KEY (org, consultation_id),
        FOREIGN KEY (consultation_org, consultation_id) REFERENCES consultation (org, id),
        CHECK ((sent_back_at IS NULL) = (sent_back_by IS NULL) AND (sent_back_at IS NULL) = (reason IS NULL))
    )
    """,
    *_of_a_side("answer_proposal", "c.answering_org"),
    "CREATE INDEX answer_proposal_of ON answer_proposal (consultation_org, consultation_id)",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON answer_proposal TO {RUNTIME}",
    *erased_with_its_consultation("answer_proposal", "consultation_org, consultation_id", "consultation_org"),
    "ALTER TABLE consultation ADD COLUMN proposed_by text",
    f"GRANT UPDATE (proposed_by) ON consultation TO {RUNTIME}, {WORKER}",
    f"GRANT SELECT (proposed_by) ON consultation TO {WORKER}",
    # What waits for a second handler is found without a look at the rest.
    f"""
    CREATE INDEX queue_proposed ON consultation (answering_org, due_at, id)
    WHERE {_OPEN} AND proposed_by IS NOT NULL
    """,
)

# As the owner: the side that withdraws or replies may see neither, and clears both.
CLEARING = (
    *(
        statement
        for table in ("answer_draft", "answer_proposal")
        for statement in (
            f"CREATE POLICY cleared_seen ON {table} FOR SELECT TO {OWNER} USING (true)",
            f"CREATE POLICY cleared ON {table} FOR DELETE TO {OWNER} USING (true)",
        )
    ),
    """
    CREATE FUNCTION clear_workbench() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS
    $$ BEGIN
        -- A draft stays for its author while nobody else has it.
        DELETE FROM answer_draft d
        WHERE d.org = NEW.answering_org AND d.consultation_id = NEW.id
          AND (NEW.turn = 'nobody' OR NEW.unit <> OLD.unit OR d.handler <> NEW.assigned_to);
        -- What was sent back stays, with its reason, while its author works on it.
        DELETE FROM answer_proposal p
        WHERE p.org = NEW.answering_org AND p.consultation_id = NEW.id AND NEW.proposed_by IS NULL
          AND (p.sent_back_at IS NULL OR NEW.state NOT IN ('in_progress', 'sent_by_post')
               OR NEW.assigned_to IS DISTINCT FROM p.proposed_by);
        RETURN NULL;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION clear_workbench() FROM PUBLIC",
    """
    CREATE TRIGGER clears AFTER UPDATE ON consultation FOR EACH ROW
    WHEN ((OLD.state, OLD.turn, OLD.assigned_to, OLD.unit, OLD.proposed_by)
          IS DISTINCT FROM (NEW.state, NEW.turn, NEW.assigned_to, NEW.unit, NEW.proposed_by))
    EXECUTE FUNCTION clear_workbench()
    """,
)


def upgrade() -> None:
    """Add them."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*NOTES, *TEMPLATES, *DRAFTS, *APPROVALS, *CLEARING):
        op.execute(statement.replace("{schema}", schema))
