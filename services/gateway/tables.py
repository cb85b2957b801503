"""The database of the gateway. It holds what has been used, and nothing of any organisation's."""

from pathlib import Path

from shared.database.isolation import Layout

OWNER_ROLE = "gateway_owner"
RUNTIME_ROLE = "gateway_runtime"
MIGRATIONS = Path(__file__).parent / "migrations"
LAYOUT = Layout(
    tenant_tables=(),
    open_tables={
        "alembic_version": "which migration was the last",
        "used_token": "hashes of what has been used once",
        "used_token_memory": "since when that memory is whole",
    },
)
