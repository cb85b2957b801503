"""Puts the gateway together: a service's prefix goes to its proxy, everything else to a small application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from pyreqwest.client import Client
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.health import readiness_of
from services.gateway.limits.rates import RateLimit
from services.gateway.limits.storage import CounterStorage
from services.gateway.pages.routes import page_routes
from services.gateway.proxy.admission import Admission
from services.gateway.proxy.allowed import AllowList
from services.gateway.proxy.forward import Forwarder, Limits
from services.gateway.proxy.paths import suspicious
from services.gateway.proxy.proxy import Proxy
from services.gateway.proxy.refusals import send_problem
from services.gateway.settings import Settings
from services.gateway.tokens.clients import ClientRegistry
from services.gateway.tokens.delegations import AgreementsDelegations
from services.gateway.tokens.issue import Issuer
from services.gateway.tokens.keys import read_or_make_keys
from services.gateway.tokens.metadata import TOKEN_PATH, issuer_metadata
from services.gateway.tokens.routes import token_routes
from shared.clock import Clock
from shared.http.guard import App, Guard, Receive, Scope, Send
from shared.http.service import PROBLEM_TYPE_BASE, Lifespan, as_problem, health_routes, problem_response
from shared.problems import BAD_REQUEST, Problem
from shared.tokens.keys import HeldKeys
from shared.tokens.replay import ReplayStore
from shared.tokens.verifier import TokenVerifier, TrustedIssuer
from shared.transport.protocol import Transport
from shared.transport.pyreqwest_transport import PyreqwestTransport, build_client


def create_app(settings: Settings, *, clock: Clock, replays: ReplayStore) -> App:
    """The gateway as an ASGI application, lifespan included. `replays` holds assertions and proofs sent to it.

    Raises KeysUnusable, and ValueError when the settings make unfit metadata.
    """
    counters = CounterStorage(clock)
    upstream = build_client(read_seconds=settings.upstream_seconds)
    transport = PyreqwestTransport(read_seconds=settings.upstream_seconds)
    issuer = _issuer(settings, clock, replays, transport)
    limit = _limits(settings, clock, counters)
    services = {"consultation": settings.consultation_url, "agreements": settings.agreements_url}
    proxies = {
        name: _proxy(settings, issuer, name, Forwarder(upstream, base, _exchange_limits(settings)), limit)
        for name, base in services.items()
    }
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_closing(upstream, transport),
        routes=[
            *health_routes(readiness_of(services, transport, clock)),
            *token_routes(
                issuer,
                limit.tokens,
                issuer_metadata(settings.public_url, issuer.audiences, settings.docs_url),
                settings.client_idle_seconds,
            ),
            *page_routes(token_url=issuer.token_url, docs_url=settings.docs_url),
        ],
    )
    for kind in (Problem, HTTPException):
        app.add_exception_handler(kind, _refuse)
    return Guard(Dispatcher(proxies, app), type_base=PROBLEM_TYPE_BASE)


class Dispatcher:
    """Sends a request to the proxy of its first path segment, or else to `rest`."""

    def __init__(self, proxies: Mapping[str, App], rest: App) -> None:
        self._proxies = {f"/{name}/".encode(): proxy for name, proxy in proxies.items()}
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        path: bytes = scope["raw_path"]
        if suspicious(path):
            await send_problem(scope, send, Problem(BAD_REQUEST), {})
            return
        proxy = self._proxies.get(path[: path.find(b"/", 1) + 1], self._rest)
        await proxy(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _RateLimits:
    clients: RateLimit
    addresses: RateLimit
    tokens: RateLimit


def _limits(settings: Settings, clock: Clock, counters: CounterStorage) -> _RateLimits:
    def limit(name: str, amount: int) -> RateLimit:
        return RateLimit(name, amount, settings.window_seconds, storage=counters, clock=clock)

    return _RateLimits(
        clients=limit("default", settings.client_requests),
        addresses=limit("address", settings.address_requests),
        tokens=limit("token", settings.token_requests),
    )


def _issuer(settings: Settings, clock: Clock, replays: ReplayStore, transport: Transport) -> Issuer:
    keys = read_or_make_keys(settings.keys_file)
    return Issuer(
        name=settings.public_url,
        token_url=settings.public_url + TOKEN_PATH,
        audiences=settings.audiences(),
        token_seconds=settings.token_seconds,
        keys=keys,
        clients=ClientRegistry(settings.clients_file),
        replays=replays,
        clock=clock,
        delegations=AgreementsDelegations(
            transport,
            url=settings.agreements_url,
            public_url=settings.public_url,
            organisation=settings.operator_organisation,
            keys=keys,
            clock=clock,
        ),
    )


def _proxy(settings: Settings, issuer: Issuer, name: str, forwarder: Forwarder, limit: _RateLimits) -> Proxy:
    trusted = TrustedIssuer(issuer.name, HeldKeys(issuer.keys.public), ("ES256",))
    verifier = TokenVerifier({issuer.name: trusted}, frozenset((settings.audiences()[name],)))
    admission = Admission(verifier, issuer.clock, clients=limit.clients, addresses=limit.addresses)
    return Proxy(admission, AllowList(name), forwarder)


def _exchange_limits(settings: Settings) -> Limits:
    return Limits(settings.max_body_bytes, settings.client_idle_seconds, settings.upstream_seconds)


def _closing(upstream: Client, transport: PyreqwestTransport) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await upstream.close()
        await transport.close()

    return lifespan


async def _refuse(request: Request, fault: Exception) -> Response:
    return problem_response(request, as_problem(fault))
