"""Whether this process may serve: the database answers, keeps organisations apart and is at our version."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.agreements.tables import LAYOUT, MIGRATIONS
from shared.database.engine import Database
from shared.database.isolation import isolation_faults
from shared.database.migrate import migration_faults
from shared.http.service import Readiness
from shared.jobs.worker import Faults
from shared.sealing.watch import SealingWatch

_EDITION = text("SELECT max(edition) FROM grounds_edition")


def readiness(database: Database, watch: SealingWatch, background: Faults) -> Readiness:
    """Answers the faults, in words for operations."""

    async def faults() -> Sequence[str]:
        try:
            async with database.without_tenant() as connection:
                found = await isolation_faults(connection, LAYOUT)
                found += await migration_faults(connection, MIGRATIONS)
                if (await connection.execute(_EDITION)).scalar_one() is None:
                    found.append("the register is not loaded")
            return [*found, *await watch.faults(), *background()]
        except (DBAPIError, PoolTimeout, OSError) as fault:
            return [f"the database cannot be asked: {type(fault).__name__}"]

    return faults
