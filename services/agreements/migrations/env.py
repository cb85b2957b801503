"""Read by Alembic."""

from shared.database.migration_env import run

run()
