"""Lead times folded into a cube, so that statistics don't read history (docs/lead-times.md, ADR 0019).

Every event puts its consultation in `lead_time_pending`, in the user's transaction and by a trigger, so that no
statement can leave it out. The worker makes a `lead_time_fact` of each, and adds it to the cells of `lead_time_cube`
and `lead_time_tally` in the transaction that takes it out of the queue.
"""

from alembic import op

from shared.database.ddl import ORGANISATION, forced

revision = "0015"
down_revision = "0014"

OWNER = "consultation_owner"
RUNTIME = "consultation_runtime"
STATISTICS = "consultation_statistics"
WORKER = "consultation_worker"

_READ_BY_WORKER = (
    *("org", "id", "answering_org", "version", "type", "question_category", "state", "turn", "unit", "asker_kind"),
    *("municipality_code", "county_code", "channel_in", "opened_at", "due_at", "target_seconds", "answered_at"),
    *("closed_at", "total_seconds", "answering_seconds", "asking_seconds", "person_seconds", "post_seconds"),
    *("secrecy_seconds", "meeting_seconds", "first_response_seconds", "touch_seconds"),
)
_EVENTS_READ_BY_WORKER = (
    *("org", "consultation_id", "sequence", "at", "happened_at", "action", "state", "turn", "unit", "channel"),
    "detail",
)
_FOR_FIGURES = (
    *("org", "answering_org", "answered_day", "type", "unit", "area", "county", "municipality", "kind", "channel"),
    *("target_seconds", "total_seconds", "answering_seconds", "asking_seconds", "person_seconds", "post_seconds"),
    *("secrecy_seconds", "meeting_seconds", "first_response_seconds", "touch_seconds"),
)
_CELL = ("level", "cut", "type", "period", "key")

QUEUE = (
    """
    CREATE TABLE lead_time_pending (
        ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        queued_at timestamptz NOT NULL DEFAULT clock_timestamp()
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
    """,
    *forced("lead_time_pending"),
    # As the owner: who writes an event has no right to the queue, and so can neither leave it out nor fill it.
    f"CREATE POLICY queued ON lead_time_pending FOR INSERT TO {OWNER} WITH CHECK (true)",
    f"CREATE POLICY taken_by_worker ON lead_time_pending TO {WORKER} USING (true)",
    f"GRANT SELECT, DELETE ON lead_time_pending TO {WORKER}",
    """
    CREATE FUNCTION queue_for_folding() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS
    $$ BEGIN
        INSERT INTO lead_time_pending (org, consultation_id) SELECT DISTINCT org, consultation_id FROM added;
        RETURN NULL;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION queue_for_folding() FROM PUBLIC",
    """
    CREATE TRIGGER queued_for_folding AFTER INSERT ON consultation_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_for_folding()
    """,
)

FACTS = (
    # What has been added of a consultation, so that it can be taken away again. No foreign key: figures stay when the
    # consultation is erased at the end of its time.
    """
    CREATE TABLE lead_time_fact (
        org text NOT NULL,
        consultation_id uuid NOT NULL,
        answering_org text NOT NULL,
        version integer NOT NULL,
        folded_at timestamptz NOT NULL,
        answered_at timestamptz,
        answered_day date,
        type text NOT NULL,
        unit text NOT NULL,
        area text NOT NULL,
        county text NOT NULL,
        municipality text NOT NULL,
        kind text NOT NULL,
        channel text NOT NULL,
        sets text[] NOT NULL,
        target_seconds bigint NOT NULL,
        total_seconds bigint,
        answering_seconds bigint,
        asking_seconds bigint,
        person_seconds bigint,
        post_seconds bigint,
        secrecy_seconds bigint,
        meeting_seconds bigint,
        first_response_seconds bigint,
        touch_seconds bigint,
        tallies jsonb NOT NULL,
        PRIMARY KEY (org, consultation_id),
        CHECK ((answered_day IS NULL) = (answered_at IS NULL)),
        CHECK (num_nonnulls(answered_day, total_seconds, answering_seconds, asking_seconds, person_seconds,
                            post_seconds, secrecy_seconds, meeting_seconds) IN (0, 8))
    )
    """,
    # Below 1 000 answers the rows themselves are read, and a figure is drilled into: each cut finds its own.
    *(
        f"CREATE INDEX lead_time_fact_of_{name} ON lead_time_fact ({columns}) WHERE answered_day IS NOT NULL"
        for name, columns in {
            "all": "answered_day, answered_at, consultation_id",
            "organisation": "org, answered_day, answered_at, consultation_id",
            "unit": "unit, answered_day, answered_at, consultation_id",
            "area": "area, answered_day",
            "county": "county, answered_day",
            "municipality": "municipality, type, answered_day",
            "kind": "kind, answered_day",
            "type": "type, answered_day",
            "channel": "channel, answered_day",
        }.items()
    ),
    *forced("lead_time_fact"),
    f"CREATE POLICY own ON lead_time_fact FOR SELECT USING (org = {ORGANISATION})",
    f"CREATE POLICY answering_reads ON lead_time_fact FOR SELECT USING (answering_org = {ORGANISATION})",
    f"CREATE POLICY statistics_reads ON lead_time_fact FOR SELECT TO {STATISTICS} USING (true)",
    f"CREATE POLICY kept_by_worker ON lead_time_fact TO {WORKER} USING (true) WITH CHECK (true)",
    f"GRANT SELECT ON lead_time_fact TO {RUNTIME}",
    f"GRANT SELECT ({', '.join(_FOR_FIGURES)}) ON lead_time_fact TO {STATISTICS}",
    f"GRANT SELECT, INSERT, UPDATE ON lead_time_fact TO {WORKER}",
    f"GRANT SELECT ({', '.join(_READ_BY_WORKER)}) ON consultation TO {WORKER}",
    f"CREATE POLICY folded_by_worker ON consultation FOR SELECT TO {WORKER} USING (true)",
    f"GRANT SELECT ({', '.join(_EVENTS_READ_BY_WORKER)}) ON consultation_event TO {WORKER}",
    f"CREATE POLICY folded_by_worker ON consultation_event FOR SELECT TO {WORKER} USING (true)",
    f"GRANT SELECT (org, consultation_id, code) ON asked_set TO {WORKER}",
    f"CREATE POLICY folded_by_worker ON asked_set FOR SELECT TO {WORKER} USING (true)",
)

CUBE = (
    # A cell is a row: the histogram lies in two arrays, since a row for each bucket and day would be as many rows as
    # there are consultations.
    """
    CREATE TABLE lead_time_cube (
        level text NOT NULL CHECK (level IN ('day', 'month', 'year')),
        cut text NOT NULL,
        type text NOT NULL,
        period date NOT NULL,
        key text NOT NULL,
        measure text NOT NULL,
        number bigint NOT NULL,
        seconds bigint NOT NULL,
        buckets smallint[] NOT NULL,
        counts bigint[] NOT NULL,
        PRIMARY KEY (level, cut, type, period, key, measure)
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE TABLE lead_time_tally (
        level text NOT NULL CHECK (level IN ('day', 'month', 'year')),
        cut text NOT NULL,
        type text NOT NULL,
        period date NOT NULL,
        key text NOT NULL,
        item text NOT NULL,
        number bigint NOT NULL,
        amount bigint NOT NULL,
        PRIMARY KEY (level, cut, type, period, key, item)
    ) WITH (fillfactor = 80)
    """,
    f"GRANT SELECT ({', '.join(_CELL)}, measure, number, seconds, buckets, counts) ON lead_time_cube TO {STATISTICS}",
    f"GRANT SELECT ({', '.join(_CELL)}, item, number, amount) ON lead_time_tally TO {STATISTICS}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON lead_time_cube, lead_time_tally TO {WORKER}",
)

INTERVENTIONS = (
    """
    CREATE TABLE lead_time_intervention (
        org text NOT NULL,
        id uuid NOT NULL,
        name text NOT NULL CHECK (name <> ''),
        day date NOT NULL,
        units text[] NOT NULL,
        registered_at timestamptz NOT NULL,
        client_id text NOT NULL,
        PRIMARY KEY (org, id)
    )
    """,
    "CREATE INDEX lead_time_intervention_newest ON lead_time_intervention (org, day DESC, id DESC)",
    *forced("lead_time_intervention"),
    f"CREATE POLICY own ON lead_time_intervention USING (org = {ORGANISATION}) WITH CHECK (org = {ORGANISATION})",
    f"GRANT SELECT, INSERT ON lead_time_intervention TO {RUNTIME}",
)


def upgrade() -> None:
    """Create the tables, and queue what is there. The owner is bound by its policies, but for that moment."""
    for statement in (
        *QUEUE,
        *FACTS,
        *CUBE,
        *INTERVENTIONS,
        "ALTER TABLE consultation NO FORCE ROW LEVEL SECURITY",
        "INSERT INTO lead_time_pending (org, consultation_id) SELECT org, id FROM consultation",
        "ALTER TABLE consultation FORCE ROW LEVEL SECURITY",
    ):
        op.execute(statement)
