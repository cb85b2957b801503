"""PgQueuer's tables: their names, how a migration makes them, and who may do what with them.

They lie in a schema of their own. Names are all given here, because PgQueuer would otherwise take them from the
environment, from variables as common as `CHANNEL` and `FUNCTION`.
"""

import hashlib
from collections.abc import Awaitable
from typing import Any

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.adapters.persistence.schema_ddl import render_install
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver
from sqlalchemy import Connection, text

CHANNEL = Channel("jobs")
NAMES = DBSettings(
    prefix="",
    db_schema="jobs",
    channel=CHANNEL,
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    statistics_table="pgqueuer_statistics",
    schedules_table="pgqueuer_schedules",
    queue_status_type="pgqueuer_status",
    function="fn_pgqueuer_changed",
    trigger="tg_pgqueuer_changed",
    durability=Durability.durable,
)


ENVIRONMENT, QUEUE, SCHEDULES = QueryBuilderEnvironment(NAMES), QueryQueueBuilder(NAMES), QuerySchedulerBuilder(NAMES)


def queries(driver: Driver) -> Queries:
    """PgQueuer's statements on our names."""
    return Queries(driver, qbe=ENVIRONMENT, qbq=QUEUE, qbs=SCHEDULES)


def script() -> str:
    """All that PgQueuer wants in a database, as it ships with the version we have pinned."""
    return render_install(NAMES, create_schema=True)


def fingerprint() -> str:
    """Changes when a new version wants other tables: then a migration must follow (a test says so)."""
    # The first line is a comment with the version number.
    return hashlib.sha256(script().partition("\n")[2].encode()).hexdigest()


def install(connection: Connection, *, runtime_role: str, worker_role: str) -> None:
    """Make the tables, inside the transaction of a migration. The role of `connection` owns them."""
    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(_carry_out)
    for statement in _grants(runtime_role, worker_role):
        connection.execute(text(statement))


def _carry_out(driver: Any) -> Awaitable[object]:
    # Without parameters the driver accepts several statements at once. The transaction has begun: migrations are
    # run under a lock, and taking it was a statement.
    done: Awaitable[object] = driver.execute(script())
    return done


def _grants(runtime_role: str, worker_role: str) -> tuple[str, ...]:
    return (
        f"GRANT USAGE ON SCHEMA jobs TO {runtime_role}, {worker_role}",
        # To enqueue, and to find that the same is enqueued already. Not what is asked for: that is in `payload`.
        f"GRANT INSERT, SELECT (id, entrypoint, priority, dedupe_key, status) ON jobs.pgqueuer TO {runtime_role}",
        f"GRANT INSERT ON jobs.pgqueuer_log TO {runtime_role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.pgqueuer TO {worker_role}",
        f"GRANT SELECT, INSERT, DELETE ON jobs.pgqueuer_log TO {worker_role}",
        # Looked at when a worker starts; nothing is written there.
        f"GRANT SELECT ON jobs.pgqueuer_statistics TO {worker_role}",
        f"GRANT USAGE ON SEQUENCE jobs.pgqueuer_id_seq TO {runtime_role}, {worker_role}",
    )
