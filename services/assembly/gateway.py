"""The gateway from the environment, and clients of it."""

import os
from collections.abc import Callable
from contextlib import AsyncExitStack

from services.assembly.common import external_issuers, http_client, replay_store
from services.assembly.environment import CannotStart, read_settings, required, security_profile
from services.gateway import tables
from services.gateway.main import World, create_app
from services.gateway.settings import Settings
from services.gateway.startup import startup_faults
from services.gateway.tokens.clients import RegistryUnusable
from services.gateway.tokens.keys import KeysUnusable
from shared.clock import Clock
from shared.connections import ConnectionLimits
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.http.guard import App
from shared.tokens.replay_postgres import remember_from_now

# What pydantic reads as false.
_NO = ("0", "off", "f", "false", "n", "no")


async def build(stack: AsyncExitStack, clock: Clock, *, host: str) -> App:
    """The gateway as an application."""
    settings = read_settings(Settings)
    if faults := startup_faults(settings, host):
        raise CannotStart("the gateway must not start:\n  " + "\n  ".join(faults))
    http = await stack.enter_async_context(http_client())
    database = None
    if settings.needs_database and settings.database_url is not None:
        database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
        stack.push_async_callback(database.close)
    world = World(
        clock=clock,
        profile=security_profile(),
        replays=replay_store(settings.replays, database),
        database=database,
        external=external_issuers(http, settings.public_url),
    )
    if not settings.issuer_enabled and not any(world.external.values()):
        raise CannotStart("the gateway issues no tokens and trusts nobody who does: set SAMRAD_ISSUERS_FILE")
    try:
        return create_app(settings, world)
    except (KeysUnusable, RegistryUnusable) as fault:
        raise CannotStart(str(fault)) from None


async def prepare(url: Callable[[str, str], str], superuser: str) -> dict[str, str]:
    """Provision and migrate the database of the sandbox; answers the settings that name it."""
    await provision(url("postgres", superuser), "gateway", (tables.OWNER_ROLE, tables.RUNTIME_ROLE))
    owner = url("gateway", tables.OWNER_ROLE)
    await upgrade(owner, tables.MIGRATIONS)
    await remember_from_now(owner)
    return {"SAMRAD_GATEWAY_DATABASE_URL": url("gateway", tables.RUNTIME_ROLE)}


async def migrate() -> bool:
    """Migrate the database that the environment names; answers whether the gateway needs one."""
    if not needs_database():
        return False
    await upgrade(required("SAMRAD_GATEWAY_MIGRATION_DATABASE_URL"), tables.MIGRATIONS)
    return True


def needs_database() -> bool:
    """Whether the gateway of this environment remembers anything in a database."""
    kept_here = os.environ.get("SAMRAD_GATEWAY_REPLAYS", "postgres") == "postgres"
    return kept_here and os.environ.get("SAMRAD_GATEWAY_ISSUER_ENABLED", "true").lower() not in _NO


def connection_limits() -> ConnectionLimits:
    """What a connection to the gateway may take. The services behind are reached by the gateway alone."""
    settings = read_settings(Settings)
    return ConnectionLimits(
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        unread_seconds=settings.unread_seconds,
        connections=settings.connections,
        per_address=settings.address_connections,
        proxies=settings.proxies(),
    )
