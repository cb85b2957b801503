"""Builds the FastAPI application of a service, so that all of them refuse, log and document alike."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from asyncpg import InterfaceError, PostgresError
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.http.guard import App, Guard, Receive, Scope, Send
from shared.problems import (
    BAD_REQUEST,
    INTERNAL,
    MALFORMED,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNAVAILABLE,
    Problem,
    encode_problem,
    preferred_language,
)
from shared.tokens.caller import Caller, Gatekeeper

_log = logging.getLogger("service")

PROBLEM_TYPE_BASE = "https://samrad.example/problems/"

_OUTAGES = (DBAPIError, PostgresError, InterfaceError, PoolTimeout, OSError)

OnRefusal = Callable[[Request, Caller, Problem], Awaitable[None]]
Readiness = Callable[[], Awaitable[Sequence[str]]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_api(
    *,
    routers: Sequence[APIRouter],
    gatekeeper: Gatekeeper,
    on_refusal: OnRefusal | None = None,
    state: dict[str, Any] | None = None,
) -> FastAPI:
    """The versioned API itself, with refusals rendered and, when the caller is known, recorded."""
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY)
    api.state.gatekeeper = gatekeeper
    for name, value in (state or {}).items():
        setattr(api.state, name, value)
    api.router.routes.extend(routes_of(routers))
    _add_refusals(api, on_refusal)
    return api


def routes_of(routers: Sequence[APIRouter]) -> list[BaseRoute]:
    """The routes themselves: included routers are wrapped by FastAPI and match in two steps instead of one."""
    return [route for router in routers for route in router.routes]


def create_service(*, prefix: str, api: FastAPI, readiness: Readiness, lifespan: Lifespan | None = None) -> App:
    """The API under its prefix, with health beside it, behind the guard."""
    rest = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        routes=[*health_routes(readiness)],
    )
    _add_refusals(rest, None)
    return Guard(_Under(prefix, api, rest), type_base=PROBLEM_TYPE_BASE)


# FastAPI's own telemetry would put exceptions, whose texts may hold data, where we don't redact.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class _Under:
    """Sends what lies under the prefix to the API and the rest beside it.

    A mounted application runs every middleware twice, which costs a fifth of a small request.
    """

    def __init__(self, prefix: str, api: App, rest: App) -> None:
        self._prefix, self._below = prefix, prefix + "/"
        self._api, self._rest = api, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._below):
            scope["root_path"] = self._prefix
            await self._api(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def health_routes(readiness: Readiness) -> list[Route]:
    """`/health/live` says the process answers; `/health/ready` says that it may serve, or why not."""

    async def live(_: Request) -> Response:
        return Response('{"status":"ok"}', media_type="application/json")

    told: list[str] = []

    async def ready(_: Request) -> Response:
        faults = await readiness()
        if faults != told:
            told[:] = faults
            _log.warning("not ready" if faults else "ready again", extra={"faults": list(faults)})
        if faults:
            return Response('{"status":"not ready"}', status_code=503, media_type="application/json")
        return Response('{"status":"ready"}', media_type="application/json")

    return [Route("/health/live", live), Route("/health/ready", ready)]


def _add_refusals(app: FastAPI, on_refusal: OnRefusal | None) -> None:
    async def refuse(request: Request, problem: Problem) -> Response:
        caller = request.scope["state"].get("caller")
        if on_refusal is not None and caller is not None:
            try:
                await on_refusal(request, caller, problem)
            except _OUTAGES:
                # What can't be recorded must not be told either: the refusal itself may say something.
                return problem_response(request, Problem(UNAVAILABLE, headers={"Retry-After": "5"}))
        return problem_response(request, problem)

    async def render(request: Request, fault: Exception) -> Response:
        return await refuse(request, as_problem(fault))

    for kind in (Problem, HTTPException, RequestValidationError, ClientDisconnect, *_OUTAGES, Exception):
        app.add_exception_handler(kind, render)


def as_problem(fault: Exception) -> Problem:
    """The refusal that a fault amounts to; 500 for what nobody expected.

    A database that refuses or is gone is 503: the transaction is rolled back, so nothing has been disclosed.
    """
    match fault:
        case Problem():
            return fault
        case HTTPException():
            return _as_http_problem(fault)
        case ClientDisconnect():
            # Who hung up within the body reads no answer, and is no fault of ours to be looked into.
            return Problem(BAD_REQUEST)
        case RequestValidationError() if any(error["loc"][0] == "path" for error in fault.errors()):
            # An id of the wrong form answers like any other id that leads nowhere.
            return Problem(NOT_FOUND)
        case RequestValidationError():
            return Problem(MALFORMED, members={"errors": [_place(error) for error in fault.errors()[:20]]})
        case DBAPIError() | PostgresError() | InterfaceError() | PoolTimeout() | OSError():
            _log.error("database or network fault", exc_info=fault)
            return Problem(UNAVAILABLE, headers={"Retry-After": "5"})
    _log.error("unexpected fault", exc_info=fault)
    return Problem(INTERNAL)


def _as_http_problem(fault: HTTPException) -> Problem:
    if fault.status_code == 405:
        return Problem(METHOD_NOT_ALLOWED, headers=dict(fault.headers or {}))
    return Problem(NOT_FOUND if fault.status_code == 404 else BAD_REQUEST)


def problem_response(request: Request, problem: Problem) -> Response:
    """The rendered refusal."""
    body = encode_problem(
        problem,
        language=preferred_language(request.headers.get("accept-language")),
        type_base=PROBLEM_TYPE_BASE,
        instance=f"urn:uuid:{request.scope['state']['request_id']}",
    )
    return Response(body, status_code=problem.kind.status, headers=problem.headers, media_type=MEDIA_TYPE)


def _place(error: Any) -> dict[str, str]:
    # Path, query and header names in `loc` are ours; only bodies can carry names of the caller's.
    return {"field": ".".join(str(part) for part in error["loc"]), "reason": str(error["type"])}
