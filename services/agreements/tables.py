"""The tables of this service, and which of them hold an organisation's data.

A table that stands nowhere here is held to be an organisation's: without its policies the service does not serve.
"""

from pathlib import Path

from shared.database.isolation import Layout

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
OPEN_TABLES = {
    **dict.fromkeys(REGISTER_TABLES, "a public register"),
    "alembic_version": "which migration was the last",
}
LAYOUT = Layout(
    tenant_tables=TENANT_TABLES,
    open_tables=OPEN_TABLES,
    policies={
        # The parties of an agreement are seen by whoever sees the agreement, as its own policy decides.
        "agreement_party.visible": "FROM agreement a",
        # What has expired may be removed, unread, by any serving process.
        "idempotency_record.expired": "expires_at <= now()",
    },
)
OWNER_ROLE = "agreements_owner"
RUNTIME_ROLE = "agreements_runtime"
MIGRATIONS = Path(__file__).parent / "migrations"
