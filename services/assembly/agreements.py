"""The agreements service from the environment, and its database."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from services.agreements import tables
from services.agreements.delegations.check_delegation import OwnDelegations
from services.agreements.jobs import jobs
from services.agreements.load import load_register, load_sandbox
from services.agreements.main import create_app
from services.agreements.settings import Deployment
from services.assembly.background import work_beside, worker_database
from services.assembly.common import http_client, make_gatekeeper, vault_key
from services.assembly.environment import read_settings, required
from services.assembly.sealing import make_keeper
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.http.guard import App
from shared.jobs.worker import Worker
from shared.tokens.replay_postgres import remember_from_now
from shared.vault import Vault


async def build(stack: AsyncExitStack, clock: Clock) -> App:
    """The service as an application."""
    settings = read_settings(Deployment)
    http = await stack.enter_async_context(http_client())
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    stack.push_async_callback(database.close)
    return create_app(
        settings,
        database=database,
        gatekeeper=make_gatekeeper(
            "agreements", settings, database, http, clock, acting=OwnDelegations(database, clock)
        ),
        vault=Vault(
            vault_key(settings.sealing_key.get_secret_value(), "SAMRAD_AGREEMENTS_SEALING_KEY"),
            vault_key(settings.marking_key.get_secret_value(), "SAMRAD_AGREEMENTS_MARKING_KEY"),
        ),
        clock=clock,
        background=await work_beside(stack, clock, worker),
    )


async def worker(stack: AsyncExitStack, clock: Clock) -> Worker:
    """Who carries out the background jobs of this service."""
    url = worker_database("agreements")
    return Worker("agreements", url, jobs(await make_keeper(stack, "agreements", url, clock)), clock)


async def prepare(url: Callable[[str, str], str], superuser: str) -> dict[str, str]:
    """Provision, migrate and fill the database of the sandbox; answers the settings that name it."""
    await provision(url("postgres", superuser), "agreements", tables.ROLES)
    owner = url("agreements", tables.OWNER_ROLE)
    await upgrade(owner, tables.MIGRATIONS)
    await load_register(owner)
    await load_sandbox(owner)
    await remember_from_now(owner)
    return {
        "SAMRAD_AGREEMENTS_DATABASE_URL": url("agreements", tables.RUNTIME_ROLE),
        "SAMRAD_AGREEMENTS_WORKER_DATABASE_URL": url("agreements", tables.WORKER_ROLE),
    }


async def migrate() -> None:
    """Migrate the database that the environment names, and load the register that ships."""
    owner = required("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL")
    await upgrade(owner, tables.MIGRATIONS)
    await load_register(owner)
