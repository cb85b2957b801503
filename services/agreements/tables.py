"""The tables of this service, and which of them hold an organisation's data."""

from pathlib import Path

TENANT_TABLES = ("agreement", "agreement_party", "decision", "delegation", "audit_entry", "idempotency_record")
REGISTER_TABLES = (
    "county",
    "municipality",
    "organisation",
    "information_set",
    "legal_basis",
    "ground",
    "grounds_edition",
)
OWNER_ROLE = "agreements_owner"
RUNTIME_ROLE = "agreements_runtime"
MIGRATIONS = Path(__file__).parent / "migrations"
