"""The database of the gateway. It holds what has been used, and nothing of any organisation's."""

from pathlib import Path

OWNER_ROLE = "gateway_owner"
RUNTIME_ROLE = "gateway_runtime"
MIGRATIONS = Path(__file__).parent / "migrations"
