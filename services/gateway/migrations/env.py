"""Alembic's entry to the migrations of this service."""

from shared.database.migration_env import run

run()
