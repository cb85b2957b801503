"""Puts the gateway together: a service's prefix goes to its proxy, everything else to a small application."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from pyreqwest.client import Client
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.health import database_faults, readiness_of
from services.gateway.limits.rates import Limits as RateLimits
from services.gateway.limits.rates import RateLimit
from services.gateway.limits.storage import CounterStorage
from services.gateway.pages.routes import page_routes
from services.gateway.proxy.admission import Admission, anyone, registered
from services.gateway.proxy.allowed import AllowList
from services.gateway.proxy.forward import Forwarder, Limits
from services.gateway.proxy.proxy import Proxy
from services.gateway.proxy.refusals import send_problem
from services.gateway.settings import Settings
from services.gateway.startup import registry
from services.gateway.tokens.delegations import AgreementsDelegations
from services.gateway.tokens.issue import Issuer
from services.gateway.tokens.keys import KeysUnusable, read_or_make_keys
from services.gateway.tokens.metadata import TOKEN_PATH, issuer_metadata
from services.gateway.tokens.routes import TokenLimits, token_routes
from shared.clock import Clock
from shared.database.engine import Database
from shared.housekeeping import repeating
from shared.http.fitness import Headers
from shared.http.guard import App, Guard, Receive, Scope, Send
from shared.http.refusals import MISDIRECTED
from shared.http.service import PROBLEM_TYPE_BASE, Lifespan, Readiness, as_problem, health_routes, problem_response
from shared.metrics import metrics_routes
from shared.problems import Problem
from shared.tokens.keys import HeldKeys
from shared.tokens.profile import SecurityProfile
from shared.tokens.replay import ReplayStore
from shared.tokens.replay_postgres import FORGET_SECONDS, forget_used
from shared.tokens.verifier import TokenVerifier, TrustedIssuer
from shared.transport.protocol import Transport
from shared.transport.pyreqwest_transport import PyreqwestTransport, build_client


@dataclass(frozen=True, slots=True)
class World:
    """What the gateway is handed. `replays` holds assertions and proofs sent to it, in `database` unless in memory.

    `external` are the trusted issuers beside our own, for each service.
    """

    clock: Clock
    profile: SecurityProfile
    replays: ReplayStore
    database: Database | None
    external: Mapping[str, Sequence[TrustedIssuer]]


def create_app(settings: Settings, world: World) -> App:
    """The gateway as an ASGI application, lifespan included.

    Raises KeysUnusable, RegistryUnusable, and ValueError when the settings make unfit metadata.
    """
    clock = world.clock
    upstream = build_client(read_seconds=settings.upstream_seconds)
    transport = PyreqwestTransport(read_seconds=settings.upstream_seconds)
    issuer = _issuer(settings, world, transport) if settings.issuer_enabled else None
    limit = rate_limits(settings, clock)
    services = {"consultation": settings.consultation_url, "agreements": settings.agreements_url}
    proxies = {
        name: Proxy(
            _admission(settings, world, issuer, name, limit),
            AllowList(name),
            Forwarder(upstream, base),
            _exchange_limits(settings),
            _file_limits(settings),
        )
        for name, base in services.items()
    }
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(world, upstream, transport),
        routes=[
            *health_routes(_readiness(world, issuer, readiness_of(services, transport, clock))),
            *(_token_routes(settings, issuer, limit) if issuer else ()),
            *(metrics_routes() if settings.metrics else ()),
            *page_routes(token_url=issuer.token_url if issuer else None, docs_url=settings.docs_url),
        ],
    )
    for kind in (Problem, HTTPException):
        app.add_exception_handler(kind, _refuse)
    return Guard(
        Dispatcher(proxies, app, settings.known_hosts()),
        type_base=PROBLEM_TYPE_BASE,
        service="gateway",
        secured=settings.public_url.startswith("https://"),
    )


class Dispatcher:
    """Sends a request to the proxy of its first path segment, or else to `rest`.

    `hosts` are the names that requests may be for; empty when any will do. Health is asked for by address.
    """

    def __init__(self, proxies: Mapping[str, App], rest: App, hosts: frozenset[bytes] = frozenset()) -> None:
        self._proxies = {f"/{name}/".encode(): proxy for name, proxy in proxies.items()}
        self._rest, self._hosts = rest, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        path: bytes = scope["raw_path"]
        if self._hosts and not self._is_meant(scope["headers"], path):
            await send_problem(scope, send, Problem(MISDIRECTED), {})
            return
        proxy = self._proxies.get(path[: path.find(b"/", 1) + 1], self._rest)
        await proxy(scope, receive, send)

    def _is_meant(self, headers: Headers, path: bytes) -> bool:
        host = next((value for name, value in headers if name == b"host"), b"").lower()
        return host in self._hosts or host.rpartition(b":")[0] in self._hosts or path.startswith(b"/health/")


def rate_limits(settings: Settings, clock: Clock) -> RateLimits:
    """How often clients, organisations and addresses may call."""

    def limit(name: str, amount: int) -> RateLimit:
        # Counters of its own each: a flood of addresses must not push out what clients have used.
        return RateLimit(name, amount, settings.window_seconds, storage=CounterStorage(clock), clock=clock)

    return RateLimits(
        clients=limit("default", settings.client_requests),
        organisations=limit("organisation", settings.organisation_requests),
        addresses=limit("address", settings.address_requests),
        tokens=limit("token", settings.token_requests),
        client_tokens=limit("client-token", settings.client_token_requests),
    )


def _issuer(settings: Settings, world: World, transport: Transport) -> Issuer:
    if settings.keys_file is None:
        raise KeysUnusable("SAMRAD_GATEWAY_KEYS_FILE is not set")
    keys = read_or_make_keys(settings.keys_file, world.clock)
    return Issuer(
        name=settings.public_url,
        token_url=settings.public_url + TOKEN_PATH,
        audiences=settings.audiences(),
        token_seconds=settings.token_seconds,
        keys=keys,
        clients=registry(settings),
        replays=world.replays,
        clock=world.clock,
        profile=world.profile,
        delegations=AgreementsDelegations(
            transport,
            url=settings.agreements_url,
            public_url=settings.public_url,
            organisation=settings.operator_organisation,
            keys=keys,
            clock=world.clock,
        ),
    )


def _token_routes(settings: Settings, issuer: Issuer, limit: RateLimits) -> list[Route]:
    about = issuer_metadata(settings.public_url, issuer.audiences, settings.docs_url, issuer.profile)
    limits = TokenLimits(limit.tokens, limit.client_tokens, settings.proxies())
    return token_routes(issuer, limits, about, settings.client_idle_seconds)


def _admission(settings: Settings, world: World, issuer: Issuer | None, name: str, limit: RateLimits) -> Admission:
    trusted = {each.name: each for each in world.external.get(name, ())}
    if issuer is not None:
        trusted[issuer.name] = TrustedIssuer(issuer.name, HeldKeys(issuer.keys.public), ("ES256",))
    return Admission(
        TokenVerifier(trusted, frozenset((settings.audiences()[name],))),
        world.clock,
        limit,
        settings.proxies(),
        shut_out=registered(issuer.clients, issuer.name) if issuer else anyone,
    )


def _readiness(world: World, issuer: Issuer | None, services: Readiness) -> Readiness:
    async def faults() -> list[str]:
        found = [*await services()]
        if issuer is not None:
            found += [*issuer.keys.faults(), *issuer.clients.faults()]
        if world.database is not None:
            found += await database_faults(world.database)
        return found

    return faults


def _exchange_limits(settings: Settings) -> Limits:
    return Limits(settings.max_body_bytes, settings.client_idle_seconds, settings.upstream_seconds)


def _file_limits(settings: Settings) -> Limits:
    # A file takes as long as a body may, one way or the other, beside what the service takes.
    seconds = settings.body_seconds + settings.upstream_seconds
    return Limits(settings.max_file_bytes, settings.client_idle_seconds, seconds)


def _lifespan(world: World, upstream: Client, transport: PyreqwestTransport) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(upstream.close)
            stack.push_async_callback(transport.close)
            if (database := world.database) is not None:
                chore = partial(_forget_used, database, world.clock)
                await stack.enter_async_context(repeating(chore, every_seconds=FORGET_SECONDS))
            yield

    return lifespan


async def _forget_used(database: Database, clock: Clock) -> None:
    async with database.without_tenant() as connection:
        await forget_used(connection, clock())


async def _refuse(request: Request, fault: Exception) -> Response:
    return problem_response(request, as_problem(fault))
