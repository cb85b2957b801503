"""Delegations: who lets whose systems act for it."""

from alembic import op

from services.agreements.tables import RUNTIME_ROLE
from shared.database.ddl import ORGANISATION, forced

revision = "0003"
down_revision = "0002"

_DELEGATIONS = (
    """
    CREATE TABLE delegation (
        org text NOT NULL,
        id uuid NOT NULL,
        supplier_org text NOT NULL,
        scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
        valid_from date NOT NULL,
        valid_to date NOT NULL,
        approved_by text NOT NULL,
        created_at timestamptz NOT NULL,
        withdrawn_at timestamptz,
        withdrawn_by text,
        PRIMARY KEY (org, id),
        CHECK (supplier_org <> org),
        CHECK (valid_from <= valid_to),
        CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
    )
    """,
    "CREATE INDEX delegation_by_consumer ON delegation (org, created_at DESC, id DESC)",
    "CREATE INDEX delegation_by_supplier ON delegation (supplier_org, created_at DESC, id DESC)",
    "CREATE INDEX delegation_in_force ON delegation (org, supplier_org, valid_to) WHERE withdrawn_at IS NULL",
    *forced("delegation"),
    f"CREATE POLICY read_by_consumer ON delegation FOR SELECT USING (org = {ORGANISATION})",
    f"CREATE POLICY read_by_supplier ON delegation FOR SELECT USING (supplier_org = {ORGANISATION})",
    f"CREATE POLICY granted_by_consumer ON delegation FOR INSERT WITH CHECK (org = {ORGANISATION})",
    # One way only: a withdrawn delegation is not to be changed, and a changed one is withdrawn.
    f"""
    CREATE POLICY withdrawn_by_consumer ON delegation FOR UPDATE
    USING (org = {ORGANISATION} AND withdrawn_at IS NULL)
    WITH CHECK (org = {ORGANISATION} AND withdrawn_at IS NOT NULL)
    """,
    f"GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by) ON delegation TO {RUNTIME_ROLE}",
)


def upgrade() -> None:
    """One command a statement: the driver accepts no more."""
    for statement in _DELEGATIONS:
        op.execute(statement)
