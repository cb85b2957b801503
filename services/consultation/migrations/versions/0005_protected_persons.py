"""Marks of protected identity, and the persons whom the enumeration brake has counted.

A mark is an organisation's own row. That one is in force anywhere is told by a function which reads the table as
its owner, by a policy for the owner alone, and answers yes or no.
"""

from alembic import op
from sqlalchemy import text

from shared.database.ddl import ORGANISATION, forced, tenant_policies

revision = "0005"
down_revision = "0004"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"
WORKER = "consultation_worker"

PROTECTED = (
    """
    CREATE TABLE protected_person (
        org text NOT NULL,
        id uuid NOT NULL,
        person_mark bytea NOT NULL,
        origin text NOT NULL CHECK (origin IN ('source', 'hand')),
        source text NOT NULL CHECK ((source = '') = (origin = 'hand')),
        lookup_id uuid,
        marked_at timestamptz NOT NULL,
        client_id text NOT NULL,
        marked_by text NOT NULL,
        ended_at timestamptz,
        ended_by text,
        PRIMARY KEY (org, id),
        CHECK ((ended_at IS NULL) = (ended_by IS NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX protected_person_in_force ON protected_person (org, person_mark, origin, source)
    WHERE ended_at IS NULL
    """,
    # For the question that is asked across organisations: only marks in force, so it stays small.
    "CREATE INDEX protected_person_anywhere ON protected_person (person_mark) WHERE ended_at IS NULL",
    *tenant_policies("protected_person"),
    f"CREATE POLICY known_to_the_function ON protected_person FOR SELECT TO {OWNER} USING (true)",
    f"GRANT SELECT, INSERT ON protected_person TO {RUNTIME}",
    f"GRANT UPDATE (ended_at, ended_by) ON protected_person TO {RUNTIME}",
    # pg_temp last, so that no temporary table can stand in for the real one.
    """
    CREATE FUNCTION is_protected(mark bytea) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS
    $$ BEGIN
        RETURN EXISTS (SELECT FROM protected_person p WHERE p.person_mark = mark AND p.ended_at IS NULL);
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION is_protected(bytea) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION is_protected(bytea) TO {RUNTIME}",
    "DROP FUNCTION is_known_protected(text, bytea)",
)

# Look-ups have remembered that a source marked the person, not which. Carried over as marks that the organisation
# can end by hand, so that nobody loses the protection. The owner sees the rows only while FORCE is off.
CARRIED_OVER = (
    "ALTER TABLE lookup NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE protected_person NO FORCE ROW LEVEL SECURITY",
    """
    INSERT INTO protected_person (org, id, person_mark, origin, source, marked_at, client_id, marked_by)
    SELECT org, gen_random_uuid(), person_mark, 'hand', '', min(asked_at), 'migration', 'migration'
    FROM lookup WHERE protected_identity GROUP BY org, person_mark
    """,
    *forced("lookup"),
    *forced("protected_person"),
)

BRAKE = (
    """
    CREATE TABLE asked_person (
        org text NOT NULL,
        counted_by text NOT NULL CHECK (counted_by IN ('handler', 'case', 'handler alert', 'case alert')),
        key text NOT NULL,
        person_mark bytea NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (org, counted_by, key, person_mark)
    )
    """,
    "CREATE INDEX asked_person_lately ON asked_person (org, counted_by, key, at)",
    "CREATE INDEX asked_person_expiry ON asked_person (at)",
    *forced("asked_person"),
    f"CREATE POLICY own_read ON asked_person FOR SELECT USING (org = {ORGANISATION})",
    f"CREATE POLICY own_add ON asked_person FOR INSERT WITH CHECK (org = {ORGANISATION})",
    f"""
    CREATE POLICY own_again ON asked_person FOR UPDATE USING (org = {ORGANISATION}) WITH CHECK (org = {ORGANISATION})
    """,
    # Who asks can't remove what still counts. Background jobs see when, and nothing else.
    f"CREATE POLICY expiry_seen ON asked_person FOR SELECT TO {WORKER} USING (true)",
    f"CREATE POLICY forgotten ON asked_person FOR DELETE TO {WORKER} USING (true)",
    f"GRANT SELECT (at), DELETE ON asked_person TO {WORKER}",
    f"GRANT SELECT, INSERT ON asked_person TO {RUNTIME}",
    f"GRANT UPDATE (at) ON asked_person TO {RUNTIME}",
    # Runs as its caller. Volatile, so that each of its statements sees what was committed before it: under the lock
    # two of a handler's questions count one after the other, in whichever processes they are.
    """
    CREATE FUNCTION count_person(asker text, handler text, case_reference text, mark bytea, asked_at timestamptz,
                                 handler_limit integer, case_limit integer) RETURNS jsonb LANGUAGE plpgsql AS
    $$
    DECLARE
        each record;
        found_at timestamptz;
        counted integer;
        oldest timestamptz;
        -- The clocks of two processes never agree quite.
        ahead CONSTANT interval := '1 minute';
    BEGIN
        PERFORM set_config('app.org', asker, true);
        FOR each IN
            VALUES ('handler', handler, interval '1 hour', handler_limit),
                   ('case', case_reference, interval '1 day', case_limit)
        LOOP
            CONTINUE WHEN EXISTS (
                SELECT FROM asked_person p
                WHERE p.org = asker AND p.counted_by = each.column1 AND p.key = each.column2 AND p.person_mark = mark
                  AND p.at > asked_at - each.column3 AND p.at <= asked_at + ahead);
            PERFORM pg_advisory_xact_lock(hashtextextended(asker || ' ' || each.column1 || ' ' || each.column2, 5005));
            SELECT count(*), min(lately.at) INTO counted, oldest FROM (
                SELECT p.at FROM asked_person p
                WHERE p.org = asker AND p.counted_by = each.column1 AND p.key = each.column2
                  AND p.at > asked_at - each.column3 AND p.at <= asked_at + ahead
                ORDER BY p.at DESC LIMIT each.column4) AS lately;
            IF counted >= each.column4 THEN
                INSERT INTO asked_person AS p (org, counted_by, key, person_mark, at)
                VALUES (asker, each.column1 || ' alert', each.column2, '', asked_at)
                ON CONFLICT (org, counted_by, key, person_mark) DO UPDATE SET at = excluded.at
                WHERE p.at <= asked_at - each.column3 OR p.at > asked_at + ahead
                RETURNING p.at INTO found_at;
                RETURN jsonb_build_object(
                    'counted_by', each.column1,
                    'retry_seconds', ceil(extract(epoch FROM oldest + each.column3 - asked_at))::integer,
                    'alert', found_at IS NOT NULL);
            END IF;
            INSERT INTO asked_person AS p (org, counted_by, key, person_mark, at)
            VALUES (asker, each.column1, each.column2, mark, asked_at)
            ON CONFLICT (org, counted_by, key, person_mark) DO UPDATE SET at = excluded.at;
        END LOOP;
        RETURN NULL;
    END $$
    """,
    f"""
    GRANT EXECUTE ON FUNCTION count_person(text, text, text, bytea, timestamptz, integer, integer) TO {RUNTIME}
    """,
)


def upgrade() -> None:
    """Create the tables and functions, and carry over what look-ups have marked."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*PROTECTED, *CARRIED_OVER, *BRAKE):
        op.execute(statement.replace("{schema}", schema))
