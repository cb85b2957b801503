"""The units of an answering authority, and which of them handles whose questions, each from a day.

An assignment has a first day and no last: it holds until the next one for the same municipality and competence
begins. So no day can be without a unit once there is a first, and none can have two.
"""

from alembic import op

from services.agreements.tables import RUNTIME_ROLE
from shared.database.ddl import ORGANISATION, forced

revision = "0007"
down_revision = "0006"

_COMPETENCE = "CHECK (competence IN ('general', 'employer', 'studies', 'corrections'))"

# Deferred, so that a load may move a boundary between two rows whichever comes first.
_DEFERRED = "DEFERRABLE INITIALLY DEFERRED"

_TREE = (
    """
    CREATE TABLE unit (
        code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
        owner_org text NOT NULL,
        level text NOT NULL CHECK (level IN ('national', 'region', 'unit')),
        invented boolean NOT NULL DEFAULT false,
        UNIQUE (code, owner_org)
    )
    """,
    # What may change about a unit: its name, what it belongs to, and whether it exists. Both days belong to it.
    f"""
    CREATE TABLE unit_version (
        code text COLLATE "C" NOT NULL REFERENCES unit (code),
        name text NOT NULL,
        parent text COLLATE "C" REFERENCES unit (code),
        valid_from date NOT NULL,
        valid_to date,
        period daterange NOT NULL GENERATED ALWAYS AS (daterange(valid_from, valid_to, '[]')) STORED,
        PRIMARY KEY (code, valid_from),
        CHECK (valid_from <= valid_to),
        EXCLUDE USING gist (code WITH =, period WITH &&) {_DEFERRED}
    )
    """,
)

_ASSIGNMENTS = (
    # Without who made it and when, it came from a file.
    f"""
    CREATE TABLE unit_assignment (
        org text NOT NULL,
        id uuid NOT NULL,
        municipality_code text NOT NULL,
        competence text NOT NULL {_COMPETENCE},
        unit_code text COLLATE "C" NOT NULL,
        valid_from date NOT NULL,
        version integer NOT NULL DEFAULT 1 CHECK (version > 0),
        created_at timestamptz,
        created_by text,
        withdrawn_at timestamptz,
        withdrawn_by text,
        PRIMARY KEY (org, id),
        FOREIGN KEY (unit_code, org) REFERENCES unit (code, owner_org),
        CHECK ((created_at IS NULL) = (created_by IS NULL)),
        CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
    )
    """,
    """
    CREATE UNIQUE INDEX unit_assignment_begins ON unit_assignment (org, municipality_code, competence, valid_from)
    WHERE withdrawn_at IS NULL
    """,
    """
    CREATE INDEX unit_assignment_made ON unit_assignment (org, created_at DESC, id DESC)
    WHERE created_by IS NOT NULL
    """,
    *forced("unit_assignment"),
    f"""
    CREATE POLICY visible ON unit_assignment FOR SELECT
    USING ((withdrawn_at IS NULL AND {ORGANISATION} IS NOT NULL) OR org = {ORGANISATION})
    """,
    f"CREATE POLICY made_by_owner ON unit_assignment FOR INSERT WITH CHECK (org = {ORGANISATION})",
    # One way only, like a delegation.
    f"""
    CREATE POLICY withdrawn_by_owner ON unit_assignment FOR UPDATE
    USING (org = {ORGANISATION} AND withdrawn_at IS NULL)
    WITH CHECK (org = {ORGANISATION} AND withdrawn_at IS NOT NULL)
    """,
    # A file replaces what files have said. The role that serves has no right to remove.
    f"""
    CREATE POLICY replaced_by_file ON unit_assignment FOR DELETE
    USING (org = {ORGANISATION} AND created_by IS NULL)
    """,
    # Askers that answer for no municipality: a kind of organisations, or one of them, which goes before its kind.
    f"""
    CREATE TABLE unit_for_asker (
        owner_org text NOT NULL,
        asking_kind text,
        organisation_number text CHECK (organisation_number ~ '^[0-9]{{10}}$'),
        competence text NOT NULL {_COMPETENCE},
        unit_code text COLLATE "C" NOT NULL,
        valid_from date NOT NULL,
        FOREIGN KEY (unit_code, owner_org) REFERENCES unit (code, owner_org),
        CHECK (num_nonnulls(asking_kind, organisation_number) = 1)
    )
    """,
    """
    CREATE UNIQUE INDEX unit_for_asker_of_kind ON unit_for_asker (owner_org, asking_kind, competence, valid_from)
    WHERE organisation_number IS NULL
    """,
    """
    CREATE UNIQUE INDEX unit_for_asker_itself
    ON unit_for_asker (owner_org, organisation_number, competence, valid_from)
    WHERE asking_kind IS NULL
    """,
)

_GRANTS = (
    f"GRANT SELECT ON unit, unit_version, unit_for_asker TO {RUNTIME_ROLE}",
    f"GRANT SELECT, INSERT, UPDATE (version, withdrawn_at, withdrawn_by) ON unit_assignment TO {RUNTIME_ROLE}",
)

# What a question needs follows from what it is about, unless the one that asks always needs the same.
_COMPETENCES = (
    f"ALTER TABLE information_set ADD COLUMN competence text {_COMPETENCE}",
    f"ALTER TABLE organisation ADD COLUMN competence text {_COMPETENCE}",
)


def upgrade() -> None:
    """Create everything. One command a statement: the driver accepts no more."""
    for statement in (*_TREE, *_ASSIGNMENTS, *_GRANTS, *_COMPETENCES):
        op.execute(statement)
