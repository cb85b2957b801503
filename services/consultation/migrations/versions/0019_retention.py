"""Retention: holds, what lets background jobs erase what is due and nothing else, and what proves it afterwards.

What is erased is found by the time at which it ended, through an index. The worker removes by policies of its own; the
auditor, who proves that it is gone, sees keys and times of what there is, and no content.
"""

from alembic import op
from sqlalchemy import text

from services.consultation.retention.policies import (
    erased_with_its_consultation,
    removed_but_by_worker,
    removed_by_worker,
    these_alone,
)
from shared.database.ddl import ORGANISATION, forced

revision = "0019"
down_revision = "0018"

RUNTIME = "consultation_runtime"
STATISTICS = "consultation_statistics"
WORKER = "consultation_worker"
AUDITOR = "consultation_auditor"

HOLDS = (
    """
    CREATE TABLE retention_hold (
        org text NOT NULL,
        id uuid NOT NULL,
        consultation_id uuid NOT NULL,
        answering_org text NOT NULL,
        placed_by_org text NOT NULL,
        reason text NOT NULL CHECK (reason IN ('appeal', 'supervision', 'dispute', 'request_by_person')),
        placed_at timestamptz NOT NULL,
        client_id text NOT NULL,
        placed_by text,
        lifted_at timestamptz,
        lifted_client_id text,
        lifted_by text,
        PRIMARY KEY (org, id),
        FOREIGN KEY (answering_org, consultation_id, org) REFERENCES consultation (answering_org, id, org),
        CHECK (placed_by_org IN (org, answering_org)),
        CHECK ((lifted_at IS NULL) = (lifted_client_id IS NULL))
    )
    """,
    "CREATE INDEX retention_hold_of ON retention_hold (org, consultation_id)",
    """
    CREATE UNIQUE INDEX retention_hold_in_force ON retention_hold (org, consultation_id, placed_by_org, reason)
    WHERE lifted_at IS NULL
    """,
    *forced("retention_hold"),
    # A hold is the organisation's that placed it: who supervises whom is not the other side's to know.
    f"""
    CREATE POLICY placed ON retention_hold USING (placed_by_org = {ORGANISATION})
    WITH CHECK (placed_by_org = {ORGANISATION} AND EXISTS (
        SELECT FROM consultation c
        WHERE c.org = retention_hold.org AND c.id = retention_hold.consultation_id
          AND c.answering_org = retention_hold.answering_org))
    """,
    f"GRANT SELECT, INSERT ON retention_hold TO {RUNTIME}",
    f"GRANT UPDATE (lifted_at, lifted_client_id, lifted_by) ON retention_hold TO {RUNTIME}",
    f"CREATE POLICY heeded_by_worker ON retention_hold FOR SELECT TO {WORKER} USING (true)",
    f"GRANT SELECT (org, id, consultation_id, lifted_at) ON retention_hold TO {WORKER}",
)

# As their caller: who asks sees rows by policies of its own. A search path keeps them from being written out into the
# statement, where the planner could choose to read the whole table.
FUNCTIONS = (
    """
    CREATE FUNCTION this_year() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT date_trunc('year', now() AT TIME ZONE 'Europe/Stockholm') AT TIME ZONE 'Europe/Stockholm' $$
    """,
    """
    CREATE FUNCTION erasable(owner text, consultation uuid) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = {schema}, pg_temp AS
    $$ SELECT EXISTS (SELECT FROM consultation c
                      WHERE c.org = owner AND c.id = consultation AND c.turn = 'nobody' AND c.closed_at < this_year())
          AND NOT EXISTS (SELECT FROM retention_hold h
                          WHERE h.org = owner AND h.consultation_id = consultation AND h.lifted_at IS NULL) $$
    """,
    """
    CREATE FUNCTION erasable_lookup(owner text, lookup uuid) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = {schema}, pg_temp AS
    $$ SELECT EXISTS (SELECT FROM lookup l WHERE l.org = owner AND l.id = lookup AND l.asked_at < this_year()) $$
    """,
    """
    CREATE FUNCTION erasable_household(owner text, household uuid) RETURNS boolean LANGUAGE sql STABLE
    SET search_path = {schema}, pg_temp AS
    $$ SELECT EXISTS (SELECT FROM household_lookup h
                      WHERE h.org = owner AND h.id = household AND h.asked_at < this_year()) $$
    """,
    """
    CREATE FUNCTION refuse_change_but_retention() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        IF TG_OP = 'DELETE' AND current_user = '{worker}' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the table is append only';
    END $$
    """.replace("{worker}", WORKER),
)

CONSULTATIONS = (
    "CREATE INDEX consultation_ended ON consultation (closed_at, id) WHERE closed_at IS NOT NULL",
    "CREATE INDEX consultation_of_lookup ON consultation (org, lookup_id) WHERE lookup_id IS NOT NULL",
    f"GRANT SELECT (lookup_id, previous_id, pulse_rating), DELETE ON consultation TO {WORKER}",
    *these_alone("consultation", "erasable(org, id)"),
    # To lock what is to be erased. Nothing is changed by it.
    f"""
    CREATE POLICY locked_to_be_erased ON consultation FOR UPDATE TO {WORKER}
    USING (closed_at < this_year()) WITH CHECK (false)
    """,
    f"CREATE POLICY proved_by_auditor ON consultation FOR SELECT TO {AUDITOR} USING (true)",
    f"GRANT SELECT (org, id, previous_id, closed_at, turn, lookup_id) ON consultation TO {AUDITOR}",
    *erased_with_its_consultation("consultation_event", "org, consultation_id, id"),
    *erased_with_its_consultation("consultation_message"),
    *erased_with_its_consultation("call_back"),
    *erased_with_its_consultation("meeting"),
    *erased_with_its_consultation("asked_set"),
    *erased_with_its_consultation("disclosure"),
    *erased_with_its_consultation("pulse"),
    *erased_with_its_consultation("timer"),
    *erased_with_its_consultation("outbox", "org, consultation_id, id"),
    *these_alone("retention_hold", "erasable(org, consultation_id)"),
    f"GRANT DELETE ON retention_hold TO {WORKER}",
    f"CREATE POLICY proved_by_auditor ON retention_hold FOR SELECT TO {AUDITOR} USING (true)",
    f"GRANT SELECT (org, consultation_id, lifted_at) ON retention_hold TO {AUDITOR}",
    # Gone with whichever of its ends goes first.
    *removed_by_worker(
        "consultation_link",
        "erasable(org, consultation_id) OR erasable(to_org, to_id)",
        "org, consultation_id, to_org, to_id",
    ),
    f"CREATE POLICY proved_by_auditor ON consultation_link FOR SELECT TO {AUDITOR} USING (true)",
    f"GRANT SELECT (org, consultation_id, to_org, to_id) ON consultation_link TO {AUDITOR}",
    *(
        statement
        for table in ("consultation_event", "asked_set", "disclosure", "pulse", "consultation_link")
        for statement in removed_but_by_worker(table)
    ),
)

LOOKUPS = (
    "CREATE INDEX lookup_by_age ON lookup (asked_at, id)",
    "CREATE INDEX household_lookup_by_age ON household_lookup (asked_at, id)",
    """
    CREATE INDEX household_member_of_lookup ON household_member (org, lookup_id) WHERE lookup_id IS NOT NULL
    """,
    "CREATE INDEX protected_person_ended ON protected_person (ended_at, id) WHERE ended_at IS NOT NULL",
    *removed_by_worker("lookup", "asked_at < this_year()", "org, id, asked_at"),
    *removed_by_worker("lookup_attempt", "erasable_lookup(org, lookup_id)", "org, lookup_id"),
    f"GRANT SELECT (org, lookup_id) ON kept_lookup TO {WORKER}",
    *removed_by_worker("household_lookup", "asked_at < this_year()", "org, id, asked_at"),
    *removed_by_worker("household_member", "erasable_household(org, household_id)", "org, household_id, lookup_id"),
    *removed_by_worker("protected_person", "ended_at < this_year()", "org, id, ended_at"),
)

PROOF = (
    *(
        f"CREATE POLICY proved_by_auditor ON {table} FOR SELECT TO {AUDITOR} USING (true)"
        for table in (
            *("lookup", "lookup_attempt", "kept_lookup", "household_lookup", "household_member"),
            *("idempotency_record", "asked_person", "webhook_delivery", "lead_time_fact"),
            "lead_time_pending",
        )
    ),
    # That a mark is in force is told to nobody but the function that answers yes or no (ADR 0013).
    f"CREATE POLICY ended_seen ON protected_person FOR SELECT TO {AUDITOR} USING (ended_at IS NOT NULL)",
    f"GRANT SELECT (org, id, asked_at) ON lookup, household_lookup TO {AUDITOR}",
    f"GRANT SELECT (org, lookup_id) ON lookup_attempt TO {AUDITOR}",
    f"GRANT SELECT (org, lookup_id, expires_at) ON kept_lookup TO {AUDITOR}",
    f"GRANT SELECT (org, household_id, lookup_id) ON household_member TO {AUDITOR}",
    f"GRANT SELECT (org, id, ended_at) ON protected_person TO {AUDITOR}",
    f"GRANT SELECT (expires_at) ON idempotency_record TO {AUDITOR}",
    f"GRANT SELECT (at) ON asked_person TO {AUDITOR}",
    f"GRANT SELECT (consultation_id) ON lead_time_pending TO {AUDITOR}",
    f"GRANT SELECT (consultation_id, status, finished_at, sample) ON webhook_delivery TO {AUDITOR}",
)

# What stays says how long it took, where and on which day: without the id, and without the time of day by which an
# entry in the trail, or a case file, could be found again.
FIGURES = (
    "ALTER TABLE lead_time_fact ADD COLUMN erased_on date",
    f"GRANT SELECT (org, consultation_id, erased_on) ON lead_time_fact TO {AUDITOR}",
    """
    CREATE TABLE lead_time_pulse (
        month date NOT NULL,
        type text NOT NULL,
        unit text NOT NULL,
        county text NOT NULL,
        municipality text NOT NULL,
        closed bigint NOT NULL,
        ratings bigint[] NOT NULL CHECK (array_length(ratings, 1) = 5),
        PRIMARY KEY (month, type, unit, county, municipality)
    )
    """,
    f"GRANT SELECT (month, type, unit, county, municipality, closed, ratings) ON lead_time_pulse TO {STATISTICS}",
    f"GRANT SELECT, INSERT, UPDATE (closed, ratings) ON lead_time_pulse TO {WORKER}",
)

# Files lie outside the database: that one is to go is written where its record goes, and done afterwards.
FILES = (
    """
    CREATE TABLE file_to_erase (
        key text PRIMARY KEY CHECK (key <> ''),
        noted_at timestamptz NOT NULL,
        tried_at timestamptz
    )
    """,
    "CREATE INDEX file_to_erase_next ON file_to_erase (coalesce(tried_at, noted_at), key)",
    f"GRANT SELECT, INSERT, UPDATE (tried_at), DELETE ON file_to_erase TO {WORKER}",
    f"GRANT SELECT (noted_at) ON file_to_erase TO {AUDITOR}",
)


def upgrade() -> None:
    """Add them."""
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    for statement in (*HOLDS, *FUNCTIONS, *CONSULTATIONS, *LOOKUPS, *PROOF, *FIGURES, *FILES):
        op.execute(statement.replace("{schema}", schema))
