"""Working the queue: what each set of filters is read by, counters, what is hidden from lists, and saved views.

An open consultation about a person with protected identity is `hidden`: a mark hides it and the end of the last mark
shows it again, so that lists, counters and what is handed out pass over nothing. `is_protected` stays the judge of
what is told: a mark that is set in the same instant as a consultation is opened is seen by it, and not by the column.

Counters are appended to and folded: who changes a consultation writes how the count changes, and waits for nobody.
"""

from alembic import op
from sqlalchemy import text

from shared.database.ddl import ORGANISATION, forced, tenant_policies

revision = "0016"
down_revision = "0015"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

_KEY = "org, unit, queue, type, due_day, waiting, free, restricted"
_OPEN = "turn <> 'nobody' AND NOT hidden"
_PLAIN = f"{_OPEN} AND restricted IS NULL"
# Columns of an index that are compared by equality; as conditions of the index they would be indexes more.
_FREE = "(CASE WHEN assigned_to IS NULL THEN 1 ELSE 0 END)"
_STANDING = """(CASE WHEN turn IN ('municipality', 'person', 'meeting')
    THEN CASE WHEN assigned_to IS NULL THEN 3 ELSE 2 END
    ELSE CASE WHEN assigned_to IS NULL THEN 1 ELSE 0 END END)"""


def _counted(record: str, number: str) -> str:
    """What a row of `consultation` counts as."""
    return f"""
        SELECT {record}.answering_org AS org, {record}.unit, {record}.queue, {record}.type,
               CAST({record}.due_at AT TIME ZONE 'Europe/Stockholm' AS date) AS due_day,
               {record}.turn IN ('municipality', 'person', 'meeting') AS waiting,
               {record}.assigned_to IS NULL AS free, coalesce({record}.restricted, '') AS restricted,
               {number} AS number
    """


def _is_counted(record: str) -> str:
    return f"{record}.turn <> 'nobody' AND NOT {record}.hidden"


HIDDEN = (
    "ALTER TABLE consultation ADD COLUMN hidden boolean NOT NULL DEFAULT false",
    "CREATE INDEX consultation_by_person ON consultation (person_mark, opened_at DESC, id DESC)",
    f"CREATE POLICY seen_to_be_hidden ON consultation FOR SELECT TO {OWNER} USING (true)",
    f"CREATE POLICY hidden_by_mark ON consultation FOR UPDATE TO {OWNER} USING (true) WITH CHECK (true)",
    f"UPDATE consultation SET hidden = true WHERE {_OPEN} AND is_protected(person_mark)",
    """
    CREATE FUNCTION hide_new() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        NEW.hidden := is_protected(NEW.person_mark);
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER hidden_when_new BEFORE INSERT ON consultation FOR EACH ROW EXECUTE FUNCTION hide_new()",
    # Several at a time are locked in the order of their ids, by this and by whoever else changes several.
    """
    CREATE FUNCTION hide_from_queue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS
    $$
    DECLARE
        protected CONSTANT boolean := is_protected(NEW.person_mark);
    BEGIN
        PERFORM FROM consultation c
        WHERE c.person_mark = NEW.person_mark AND c.turn <> 'nobody' AND c.hidden <> protected
        ORDER BY c.id FOR NO KEY UPDATE;
        UPDATE consultation c SET hidden = protected
        WHERE c.person_mark = NEW.person_mark AND c.turn <> 'nobody' AND c.hidden <> protected;
        RETURN NULL;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION hide_from_queue() FROM PUBLIC",
    """
    CREATE TRIGGER hides AFTER INSERT OR UPDATE OF ended_at ON protected_person
    FOR EACH ROW EXECUTE FUNCTION hide_from_queue()
    """,
)

INDEXES = (
    f"CREATE INDEX queue_by_time ON consultation (answering_org, {_STANDING}, due_at, id) WHERE {_PLAIN}",
    f"CREATE INDEX queue_by_unit ON consultation (answering_org, unit, {_STANDING}, due_at, id) WHERE {_PLAIN}",
    f"""
    CREATE INDEX queue_by_competence ON consultation (answering_org, queue, type, {_STANDING}, due_at, id)
    WHERE {_PLAIN}
    """,
    f"""
    CREATE INDEX queue_by_unit_and_competence ON consultation
        (answering_org, unit, queue, type, {_STANDING}, due_at, id) WHERE {_PLAIN}
    """,
    f"CREATE INDEX queue_by_turn ON consultation (answering_org, unit, turn, {_FREE}, due_at, id) WHERE {_PLAIN}",
    f"CREATE INDEX queue_by_age ON consultation (answering_org, unit, {_FREE}, opened_at, id) WHERE {_PLAIN}",
    f"""
    CREATE INDEX queue_escalated ON consultation (answering_org, due_at, id)
    WHERE {_OPEN} AND escalated_at IS NOT NULL
    """,
    f"""
    CREATE INDEX queue_restricted ON consultation (answering_org, restricted, due_at, id)
    WHERE {_OPEN} AND restricted IS NOT NULL
    """,
    f"""
    CREATE INDEX queue_of_handler ON consultation (answering_org, assigned_to, due_at, id)
    INCLUDE (org, unit, turn, restricted) WHERE {_OPEN} AND assigned_to IS NOT NULL
    """,
    "CREATE INDEX consultation_number_of_answerer ON consultation (answering_org, number)",
    "CREATE INDEX consultation_by_case ON consultation (org, case_reference, opened_at DESC, id DESC)",
    """
    CREATE INDEX consultation_by_handler ON consultation (answering_org, assigned_to, opened_at DESC, id DESC)
    WHERE assigned_to IS NOT NULL
    """,
)

COUNTERS = (
    f"""
    CREATE TABLE queue_count (
        org text NOT NULL,
        unit text NOT NULL,
        queue text NOT NULL,
        type text NOT NULL,
        due_day date NOT NULL,
        waiting boolean NOT NULL,
        free boolean NOT NULL,
        restricted text NOT NULL,
        number integer NOT NULL,
        PRIMARY KEY ({_KEY})
    )
    """,
    """
    CREATE TABLE queue_change (
        org text NOT NULL,
        ordinal bigint GENERATED ALWAYS AS IDENTITY,
        unit text NOT NULL,
        queue text NOT NULL,
        type text NOT NULL,
        due_day date NOT NULL,
        waiting boolean NOT NULL,
        free boolean NOT NULL,
        restricted text NOT NULL,
        number integer NOT NULL,
        PRIMARY KEY (org, ordinal)
    )
    """,
    "CREATE INDEX queue_change_in_order ON queue_change (ordinal)",
    *(statement for table in ("queue_count", "queue_change") for statement in forced(table)),
    *(
        f"CREATE POLICY own_read ON {table} FOR SELECT USING (org = {ORGANISATION})"
        for table in ("queue_count", "queue_change")
    ),
    f"GRANT SELECT ON queue_count, queue_change TO {RUNTIME}",
    # As the owner: who asks changes the count of who answers, and nobody can change it by hand.
    f"CREATE POLICY counted ON queue_change FOR INSERT TO {OWNER} WITH CHECK (true)",
    *(f"CREATE POLICY folded ON {table} TO {WORKER} USING (true)" for table in ("queue_count", "queue_change")),
    f"GRANT SELECT, DELETE ON queue_change TO {WORKER}",
    f"GRANT SELECT, INSERT, UPDATE (number), DELETE ON queue_count TO {WORKER}",
    f"""
    CREATE FUNCTION count_queue_rows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS
    $$ BEGIN
        INSERT INTO queue_change ({_KEY}, number)
        SELECT {_KEY}, sum(number) FROM (
            {_counted("r", "CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END")} FROM touched r WHERE {_is_counted("r")}
        ) AS told
        GROUP BY {_KEY};
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION count_queue_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS
    $$ BEGIN
        INSERT INTO queue_change ({_KEY}, number)
        SELECT {_KEY}, sum(number) FROM (
            {_counted("OLD", "-1")} WHERE {_is_counted("OLD")}
            UNION ALL
            {_counted("NEW", "1")} WHERE {_is_counted("NEW")}
        ) AS told
        GROUP BY {_KEY} HAVING sum(number) <> 0;
        RETURN NULL;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION count_queue_rows() FROM PUBLIC",
    "REVOKE EXECUTE ON FUNCTION count_queue_change() FROM PUBLIC",
    # What comes and goes is counted a statement at a time, so that a copied table costs one count.
    """
    CREATE TRIGGER counted_when_new AFTER INSERT ON consultation
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION count_queue_rows()
    """,
    """
    CREATE TRIGGER counted_when_gone AFTER DELETE ON consultation
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION count_queue_rows()
    """,
    """
    CREATE TRIGGER counted_when_changed AFTER UPDATE ON consultation FOR EACH ROW
    WHEN ((OLD.unit, OLD.queue, OLD.type, OLD.due_at, OLD.turn, OLD.assigned_to IS NULL, OLD.restricted, OLD.hidden)
          IS DISTINCT FROM
          (NEW.unit, NEW.queue, NEW.type, NEW.due_at, NEW.turn, NEW.assigned_to IS NULL, NEW.restricted, NEW.hidden))
    EXECUTE FUNCTION count_queue_change()
    """,
)
# What is open from before. As the owner, whom a policy lets see and count.
COUNTED_SO_FAR = f"""
    INSERT INTO queue_change ({_KEY}, number)
    SELECT {_KEY}, sum(number) FROM ({_counted("r", "1")} FROM consultation r WHERE {_is_counted("r")}) AS told
    GROUP BY {_KEY}
"""

VIEWS = (
    """
    CREATE TABLE saved_view (
        org text NOT NULL,
        id uuid NOT NULL,
        handler text NOT NULL,
        name text NOT NULL,
        shared boolean NOT NULL,
        filters jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (org, id)
    )
    """,
    "CREATE INDEX saved_view_of_handler ON saved_view (org, handler)",
    "CREATE INDEX saved_view_shared ON saved_view (org) WHERE shared",
    *tenant_policies("saved_view"),
    f"GRANT SELECT, INSERT, DELETE ON saved_view TO {RUNTIME}",
)


def upgrade() -> None:
    """Create everything, and hide and count what is open already."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*HIDDEN, *INDEXES, *COUNTERS, COUNTED_SO_FAR, *VIEWS):
        op.execute(statement.replace("{schema}", schema))
