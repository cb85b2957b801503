"""The public register, agreements and decisions."""

from alembic import op

from services.agreements.tables import REGISTER_TABLES, RUNTIME_ROLE
from shared.database.ddl import ORGANISATION, audit_tables, forced, idempotency_tables, tenant_policies

revision = "0001"
down_revision = None

# Both days belong to the period; null is open. Generated, so that it can't differ from what is shown.
_VALIDITY = """
    valid_from date,
    valid_to date,
    period daterange NOT NULL GENERATED ALWAYS AS (daterange(valid_from, valid_to, '[]')) STORED,
    CHECK (valid_from <= valid_to)
"""

# Deferred, so that a load may move a boundary between two rows whichever comes first.
_DEFERRED = "DEFERRABLE INITIALLY DEFERRED"

_CODES = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    f"""
    CREATE TABLE county (
        code text NOT NULL CHECK (code ~ '^[0-9]{{2}}$'),
        name text NOT NULL,
        {_VALIDITY},
        PRIMARY KEY (code, valid_from),
        EXCLUDE USING gist (code WITH =, period WITH &&) {_DEFERRED}
    )
    """,
    f"""
    CREATE TABLE municipality (
        code text NOT NULL CHECK (code ~ '^[0-9]{{4}}$'),
        name text NOT NULL,
        county_code text NOT NULL,
        {_VALIDITY},
        PRIMARY KEY (code, valid_from),
        EXCLUDE USING gist (code WITH =, period WITH &&) {_DEFERRED}
    )
    """,
    f"""
    CREATE TABLE organisation (
        code text COLLATE "C" PRIMARY KEY,
        organisation_number text UNIQUE CHECK (organisation_number ~ '^[0-9]{{10}}$'),
        kind text NOT NULL CHECK (kind IN ('municipality', 'state_agency', 'a_kassa', 'region', 'supplier',
                                           'association', 'international')),
        name text NOT NULL,
        name_en text,
        abbreviation text,
        municipality_code text UNIQUE,
        invented boolean NOT NULL DEFAULT false,
        {_VALIDITY},
        CHECK ((kind = 'municipality') = (municipality_code IS NOT NULL))
    )
    """,
)

_GROUNDS = (
    """
    CREATE TABLE information_set (
        code text PRIMARY KEY,
        name_sv text NOT NULL,
        name_en text NOT NULL,
        answering text COLLATE "C" NOT NULL REFERENCES organisation (code)
    )
    """,
    f"""
    CREATE TABLE legal_basis (
        id text PRIMARY KEY,
        reference text NOT NULL,
        title_sv text NOT NULL,
        title_en text NOT NULL,
        note_sv text,
        note_en text,
        verified boolean NOT NULL,
        replaced_by text REFERENCES legal_basis (id) {_DEFERRED},
        {_VALIDITY}
    )
    """,
    f"""
    CREATE TABLE ground (
        id text PRIMARY KEY,
        information_set text NOT NULL REFERENCES information_set (code),
        purpose text NOT NULL,
        asking_kind text NOT NULL,
        legal_basis text NOT NULL REFERENCES legal_basis (id),
        {_VALIDITY},
        CHECK (valid_from IS NOT NULL),
        EXCLUDE USING gist (information_set WITH =, purpose WITH =, asking_kind WITH =, period WITH &&) {_DEFERRED}
    )
    """,
    "CREATE TABLE grounds_edition (edition integer PRIMARY KEY CHECK (edition > 0), content_hash bytea NOT NULL)",
)

_AGREEMENTS = (
    f"""
    CREATE TABLE agreement (
        org text NOT NULL,
        id uuid NOT NULL UNIQUE,
        version integer NOT NULL CHECK (version > 0),
        kind text NOT NULL CHECK (kind IN ('local', 'multi_municipal', 'regional', 'national_multi_agency',
                                           'international', 'financial', 'dua', 'project')),
        title text NOT NULL,
        status text NOT NULL CHECK (status IN ('draft', 'signed')),
        signed_on date,
        party_orgs text[] NOT NULL,
        legal_bases text[] NOT NULL,
        published boolean NOT NULL,
        invented boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL,
        {_VALIDITY},
        PRIMARY KEY (org, id),
        CHECK (valid_from IS NOT NULL),
        CHECK (status = 'draft' OR signed_on IS NOT NULL),
        CHECK (status = 'signed' OR NOT published)
    )
    """,
    "CREATE INDEX agreement_by_age ON agreement (created_at DESC, id DESC)",
    "CREATE INDEX agreement_in_force ON agreement USING gist (period) WHERE published AND status = 'signed'",
    *forced("agreement"),
    f"""
    CREATE POLICY visible ON agreement FOR SELECT
    USING ((published AND {ORGANISATION} IS NOT NULL) OR org = {ORGANISATION} OR {ORGANISATION} = ANY (party_orgs))
    """,
    f"CREATE POLICY added_by_owner ON agreement FOR INSERT WITH CHECK (org = {ORGANISATION})",
    f"""
    CREATE POLICY changed_by_owner ON agreement FOR UPDATE
    USING (org = {ORGANISATION}) WITH CHECK (org = {ORGANISATION})
    """,
    """
    CREATE TABLE agreement_party (
        org text NOT NULL,
        agreement_id uuid NOT NULL,
        place smallint NOT NULL,
        role text NOT NULL CHECK (role IN ('organisation', 'municipality', 'county')),
        organisation_number text,
        municipality_code text,
        county_code text,
        PRIMARY KEY (org, agreement_id, place),
        FOREIGN KEY (org, agreement_id) REFERENCES agreement (org, id),
        CHECK ((role = 'organisation') = (municipality_code IS NULL AND county_code IS NULL)),
        CHECK ((role = 'municipality') = (municipality_code IS NOT NULL)),
        CHECK ((role = 'county') = (county_code IS NOT NULL))
    )
    """,
    "CREATE INDEX agreement_party_by_municipality ON agreement_party (municipality_code)",
    "CREATE INDEX agreement_party_by_county ON agreement_party (county_code)",
    *forced("agreement_party"),
    # The agreement's own policy decides what the subquery sees.
    """
    CREATE POLICY visible ON agreement_party FOR SELECT USING (EXISTS (
        SELECT 1 FROM agreement a WHERE a.org = agreement_party.org AND a.id = agreement_party.agreement_id))
    """,
    f"CREATE POLICY added_by_owner ON agreement_party FOR INSERT WITH CHECK (org = {ORGANISATION})",
    f"CREATE POLICY removed_by_owner ON agreement_party FOR DELETE USING (org = {ORGANISATION})",
    f"GRANT SELECT, INSERT ON agreement, agreement_party TO {RUNTIME_ROLE}",
)

_DECISIONS = (
    """
    CREATE TABLE decision (
        org text NOT NULL,
        id uuid NOT NULL,
        version integer NOT NULL,
        at timestamptz NOT NULL,
        purpose text NOT NULL,
        permitted boolean NOT NULL,
        items jsonb NOT NULL,
        PRIMARY KEY (org, id)
    )
    """,
    *tenant_policies("decision"),
    f"GRANT SELECT, INSERT ON decision TO {RUNTIME_ROLE}",
)


def upgrade() -> None:
    """Create everything. One command a statement: the driver accepts no more."""
    for statement in (
        *_CODES,
        *_GROUNDS,
        *_AGREEMENTS,
        *_DECISIONS,
        *audit_tables(RUNTIME_ROLE),
        *idempotency_tables(RUNTIME_ROLE),
        f"GRANT SELECT ON {', '.join(REGISTER_TABLES)}, alembic_version TO {RUNTIME_ROLE}",
    ):
        op.execute(statement)
