"""Runs a service's migrations, at start in the embedded mode and by a command in production."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return config


async def upgrade(url: str, migrations: Path) -> None:
    """Bring the database of `url` to the newest version. `url` names the role that owns the tables."""
    logging.getLogger("alembic").setLevel("WARNING")
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            # One migrator at a time, however many processes start at once.
            await connection.execute(text("SELECT pg_advisory_xact_lock(727474)"))
            await connection.run_sync(_upgrade, _config(migrations))
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migration_faults(connection: AsyncConnection, migrations: Path) -> list[str]:
    """A fault when the database is at another version than the code."""
    newest = ScriptDirectory.from_config(_config(migrations)).get_current_head()
    present = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    return [] if present == newest else ["the database is not migrated to the version of the code"]
