"""Databases and roles of the embedded PostgreSQL. In production the same is done once by hand: deploy/."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine


async def provision(superuser_url: str, database: str, roles: Sequence[str]) -> None:
    """Create the roles and the database unless they are there. The first role owns the database."""
    engine = create_async_engine(superuser_url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for role in roles:
                if not await _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = :name", role):
                    await connection.execute(text(f'CREATE ROLE "{role}" LOGIN NOSUPERUSER NOBYPASSRLS'))
            if not await _exists(connection, "SELECT 1 FROM pg_database WHERE datname = :name", database):
                await connection.execute(text(f'CREATE DATABASE "{database}" OWNER "{roles[0]}"'))
    finally:
        await engine.dispose()


async def _exists(connection: AsyncConnection, statement: str, name: str) -> bool:
    return (await connection.execute(text(statement), {"name": name})).scalar() is not None
