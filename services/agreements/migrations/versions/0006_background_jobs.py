"""The queue of background jobs, and kept answers removed by one of them."""

from alembic import op

from shared.database.ddl import idempotency_forgotten_by
from shared.jobs.tables import install

revision = "0006"
down_revision = "0001"

RUNTIME = "agreements_runtime"
WORKER = "agreements_worker"


def upgrade() -> None:
    """The queue lies in a schema of its own, `jobs`."""
    install(op.get_bind(), runtime_role=RUNTIME, worker_role=WORKER)
    for statement in idempotency_forgotten_by(WORKER, RUNTIME):
        op.execute(statement)
