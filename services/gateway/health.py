"""Whether the services behind, and the gateway's own database, are ready."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.gateway.tables import LAYOUT, MIGRATIONS
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.isolation import isolation_faults
from shared.database.migrate import migration_faults
from shared.transport.protocol import Transport, TransportError

_TIMEOUT_SECONDS = 2.0
_HELD = timedelta(seconds=1)
_MAX_ANSWER_BYTES = 16 * 1024


def readiness_of(services: Mapping[str, str], transport: Transport, clock: Clock) -> Callable[[], Awaitable[list[str]]]:
    """A function that names the services, given with the address each is dialled at, that are not ready.

    They are asked at most once a second however often the gateway is asked.
    """
    asking = asyncio.Lock()
    known: tuple[datetime, list[str]] | None = None

    async def faults() -> list[str]:
        nonlocal known
        async with asking:
            now = clock()
            if known is None or now - known[0] >= _HELD:
                answers = await asyncio.gather(*(_ready(transport, url) for url in services.values()))
                found = [f"{name} is not ready" for name, ready in zip(services, answers, strict=True) if not ready]
                known = (now, found)
            return known[1]

    return faults


async def database_faults(database: Database) -> list[str]:
    """What is wrong with the gateway's own database."""
    try:
        async with database.without_tenant() as connection:
            return [*await isolation_faults(connection, LAYOUT), *await migration_faults(connection, MIGRATIONS)]
    except (DBAPIError, PoolTimeout, OSError) as fault:
        return [f"the database cannot be asked: {type(fault).__name__}"]


async def _ready(transport: Transport, url: str) -> bool:
    try:
        answer = await transport.send(
            "GET",
            f"{url}/health/ready",
            headers={},
            body=b"",
            timeout_seconds=_TIMEOUT_SECONDS,
            max_answer_bytes=_MAX_ANSWER_BYTES,
        )
    except TransportError:
        return False
    return answer.status == 200
