"""The queue of background jobs; kept answers and used tokens are removed by two of them."""

from alembic import op

from shared.database.ddl import idempotency_forgotten_by, used_tokens_forgotten_by
from shared.jobs.tables import install

revision = "0006"
down_revision = "0005"

RUNTIME = "agreements_runtime"
WORKER = "agreements_worker"


def upgrade() -> None:
    """The queue lies in a schema of its own, `jobs`."""
    install(op.get_bind(), runtime_role=RUNTIME, worker_role=WORKER)
    for statement in (*idempotency_forgotten_by(WORKER, RUNTIME), *used_tokens_forgotten_by(WORKER, RUNTIME)):
        op.execute(statement)
