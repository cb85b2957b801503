"""The consultation service from the environment, and its databases."""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from services.assembly.attachments import make_blobs, make_caretaking
from services.assembly.background import work_beside, worker_database
from services.assembly.common import http_client, make_gatekeeper
from services.assembly.environment import CannotStart, read_settings, required
from services.assembly.facade import facade_listener
from services.assembly.rest_sources import RestAssembly, rest_environments
from services.assembly.retention import erasing_job
from services.assembly.sealing import make_keeper
from services.assembly.sources import breaker_policy, make_ssbtek
from services.assembly.webhooks import make_outbound, make_sending, make_vault
from services.consultation import tables
from services.consultation.answer_templates.load import load_starter_set
from services.consultation.delegations.agreements import AgreementsDelegations
from services.consultation.grounds.agreements import AgreementsGrounds
from services.consultation.jobs import jobs
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.environment import Environment
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.main import MIGRATIONS, World, create_app, expecting, keeping_time
from services.consultation.settings import ClockSettings, Settings
from services.consultation.tenants.load import SANDBOX, load_tenants, read_tenants
from services.consultation.units.agreements import AgreementsUnits
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.http.guard import App
from shared.jobs.worker import Worker
from shared.serving import Served
from shared.tokens.acting import ActingCheck, RememberedCheck
from shared.tokens.client import ClientIdentity, ServiceTokens
from shared.tokens.replay_postgres import remember_from_now
from shared.tokens.verifier import canonical_organisation
from shared.transport.pyreqwest_transport import PyreqwestTransport


async def build(stack: AsyncExitStack, clock: Clock) -> App:
    """The service as an application."""
    settings = read_settings(Settings)
    return create_app(settings, await _world(stack, clock, settings))


async def build_with_facade(stack: AsyncExitStack, clock: Clock, host: str) -> tuple[App, Served | None]:
    """The service as an application, and the facade beside it when there is to be one. Raises CannotStart."""
    settings = read_settings(Settings)
    # What its files say is wrong is told before anything is started.
    facade = facade_listener(settings, host)
    world = await _world(stack, clock, settings)
    return create_app(settings, world), None if facade is None else facade.served(settings, world)


async def _world(stack: AsyncExitStack, clock: Clock, settings: Settings) -> World:
    http = await stack.enter_async_context(http_client())
    health = SourceHealth(clock)
    environments = await _environments(settings, stack, http, health, clock)
    tokens = ServiceTokens(
        _identity(settings),
        http,
        clock,
        resource=settings.agreements_audience or f"{settings.issuer}/agreements",
        scopes=("samrad:decisions.make",),
    )
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    return World(
        database=database,
        statistics=Database(settings.statistics_database_url.get_secret_value(), pool_size=2),
        gatekeeper=make_gatekeeper(
            "consultation", settings, database, http, clock, acting=_delegations(settings, http, clock)
        ),
        vault=make_vault(settings),
        grounds=AgreementsGrounds(http, tokens, clock, url=settings.agreements_url, public_url=settings.public_url),
        units=AgreementsUnits(http, clock, url=settings.agreements_url, organisation=settings.answering_organisation),
        sources={code: each.source for each in environments for code in each.codes},
        environments=environments,
        health=health,
        clock=clock,
        background=await work_beside(stack, clock, worker),
        outbound=make_outbound(settings),
        blobs=make_blobs(settings),
    )


async def _environments(
    settings: Settings, stack: AsyncExitStack, http: httpx.AsyncClient, health: SourceHealth, clock: Clock
) -> list[Environment]:
    """Sources with an API of their own, and SSBTEK for the others."""
    transport = PyreqwestTransport(connect_seconds=settings.ssbtek_connect_seconds)
    stack.push_async_callback(transport.close)
    parts = RestAssembly(transport, http, clock, health, breaker_policy(settings), settings.lookup_budget_seconds)
    alone = rest_environments(settings.rest_sources_file, parts)
    others = tuple(code for code in SourceCode if not any(code in each.codes for each in alone))
    return [*alone, make_ssbtek(settings, others, stack, health, clock)] if others else alone


def _delegations(settings: Settings, http: httpx.AsyncClient, clock: Clock) -> ActingCheck:
    # Tokens of their own: look-ups need not wait for a right that only delegated ones use.
    tokens = ServiceTokens(
        _identity(settings),
        http,
        clock,
        resource=settings.agreements_audience or f"{settings.issuer}/agreements",
        scopes=("samrad:delegations.check",),
    )
    asked = AgreementsDelegations(http, tokens, url=settings.agreements_url, public_url=settings.public_url)
    return RememberedCheck(asked, clock)


def _identity(settings: Settings) -> ClientIdentity:
    try:
        key = import_key(json.loads(settings.client_key_file.read_text("utf-8")))
    except (OSError, ValueError, JoseError):
        raise CannotStart(f"{settings.client_key_file} cannot be read as a private key (JWK)") from None
    return ClientIdentity(
        client_id=settings.client_id,
        key=key,
        issuer=settings.token_issuer or settings.issuer,
        token_url=settings.token_url,
        public_token_url=settings.public_token_url or f"{settings.issuer}/oauth/token",
    )


async def worker(stack: AsyncExitStack, clock: Clock) -> Worker:
    """Who carries out the background jobs of this service."""
    url = worker_database("consultation")
    keeper = await make_keeper(stack, "consultation", url, clock)
    settings = read_settings(ClockSettings)
    timing = keeping_time(settings)
    files = make_caretaking(settings)
    work = jobs(keeper, *timing, make_sending(clock), expecting(settings), erasing_job(files.blobs), files)
    return Worker("consultation", url, work, clock)


async def prepare(url: Callable[[str, str], str], superuser: str) -> dict[str, str]:
    """Provision, migrate and fill the database of the sandbox; answers the settings that name it."""
    await provision(
        url("postgres", superuser),
        "consultation",
        tables.ROLES,
    )
    owner = url("consultation", tables.OWNER_ROLE)
    await upgrade(owner, MIGRATIONS)
    await load_tenants(owner, read_tenants(SANDBOX, PURPOSES))
    await load_starter_set(owner, canonical_organisation(read_settings(ClockSettings).answering_organisation))
    await remember_from_now(owner)
    return {
        "SAMRAD_CONSULTATION_DATABASE_URL": url("consultation", tables.RUNTIME_ROLE),
        "SAMRAD_CONSULTATION_STATISTICS_DATABASE_URL": url("consultation", tables.STATISTICS_ROLE),
        "SAMRAD_CONSULTATION_WORKER_DATABASE_URL": url("consultation", tables.WORKER_ROLE),
    }


async def migrate() -> None:
    """Migrate the database that the environment names."""
    await upgrade(required("SAMRAD_CONSULTATION_MIGRATION_DATABASE_URL"), MIGRATIONS)
