"""The tables of this service, and which of them hold an organisation's data.

A table that stands nowhere here is held to be an organisation's: without its policies the service does not serve.
"""

from pathlib import Path

from shared.database.ddl import SEALING_TABLES
from shared.database.isolation import Layout

TENANT_TABLES = (
    "agreement",
    "agreement_party",
    "decision",
    "delegation",
    "unit_assignment",
    "audit_entry",
    "idempotency_record",
)
REGISTER_TABLES = (
    "county",
    "municipality",
    "organisation",
    "information_set",
    "legal_basis",
    "ground",
    "grounds_edition",
)
UNIT_TABLES = ("unit", "unit_version", "unit_for_asker")
OPEN_TABLES = {
    **dict.fromkeys((*REGISTER_TABLES, *UNIT_TABLES), "a public register"),
    "alembic_version": "which migration was the last",
    "used_token": "hashes of what has been used once",
    "used_token_memory": "since when that memory is whole",
    "jobs.*": "background jobs, whose arguments are ids",
}
LAYOUT = Layout(
    tenant_tables=(*TENANT_TABLES, *SEALING_TABLES),
    open_tables=OPEN_TABLES,
    definer_functions={
        "queue_for_sealing": "whoever writes an entry in the trail can neither leave it out of the queue nor fill it",
        "audit_sealing_ages": "how late sealing is, in seconds",
    },
    policies={
        # The parties of an agreement are seen by whoever sees the agreement, as its own policy decides.
        "agreement_party.visible": "FROM agreement a",
    },
)
OWNER_ROLE = "agreements_owner"
RUNTIME_ROLE = "agreements_runtime"
WORKER_ROLE = "agreements_worker"
AUDITOR_ROLE = "agreements_auditor"
ROLES = (OWNER_ROLE, RUNTIME_ROLE, WORKER_ROLE, AUDITOR_ROLE)
"""The first owns the database."""
MIGRATIONS = Path(__file__).parent / "migrations"
