"""The proxy of one service: check, count, look up, forward. Pure ASGI, since a framework would cost most."""

from services.gateway.limits.rates import Standing
from services.gateway.proxy.admission import Admission
from services.gateway.proxy.allowed import AllowList
from services.gateway.proxy.forward import Forwarder, Limits
from services.gateway.proxy.headers import request_headers
from services.gateway.proxy.refusals import send_problem
from shared.http.guard import Receive, Scope, Send
from shared.http.paths import unfit_query
from shared.problems import BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_FOUND, Problem


class Proxy:
    """An ASGI application for HTTP under one service's prefix. `file_limits` are of exchanges that carry a file."""

    def __init__(
        self, admission: Admission, allowed: AllowList, forwarder: Forwarder, limits: Limits, file_limits: Limits
    ) -> None:
        self._admission, self._allowed, self._forwarder = admission, allowed, forwarder
        self._limits, self._file_limits = limits, file_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        standing: Standing | None = None
        try:
            headers = request_headers(scope["headers"], scope["state"]["traceparent"])
            standing, refusal = await self._admission.admit(scope, headers)
            if refusal is not None:
                raise refusal
            limits = self._file_limits if self._carries_file(scope) else self._limits
            await self._forwarder.forward(scope, receive, send, headers, standing.encoded(), limits)
        except Problem as problem:
            await send_problem(scope, send, problem, standing.headers() if standing else {})

    def _carries_file(self, scope: Scope) -> bool:
        """Whether a file is sent or answered. Raises Problem when there is no such operation."""
        found = self._allowed.find(scope["raw_path"])
        if found is None:
            raise Problem(NOT_FOUND)
        scope["route_template"] = found.template
        if scope["method"] not in found.methods:
            raise Problem(METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(found.methods))})
        if unfit_query(scope["query_string"]):
            raise Problem(BAD_REQUEST)
        return scope["method"] in found.files
