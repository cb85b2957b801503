"""The tables of this service, and which of them hold an organisation's data."""

from pathlib import Path

TENANT_TABLES = ("agreement", "agreement_party", "decision", "audit_entry", "idempotency_record")
REGISTER_TABLES = (
    "county",
    "municipality",
    "organisation",
    "information_set",
    "legal_basis",
    "ground",
    "grounds_edition",
)
TABLES_WITHOUT_TENANT = ("used_token", "used_token_memory")
OWNER_ROLE = "agreements_owner"
RUNTIME_ROLE = "agreements_runtime"
MIGRATIONS = Path(__file__).parent / "migrations"
