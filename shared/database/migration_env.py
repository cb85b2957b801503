"""What every service's `migrations/env.py` does: run on the connection that `upgrade` hands in."""

from alembic import context


def run() -> None:
    """Called when Alembic loads env.py."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
    context.run_migrations()
