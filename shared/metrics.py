"""What Prometheus reads: requests by template, connections, and whatever other modules add to its default registry.

A label is never something that a caller has chosen: templates, methods, codes and our own names only, so the number
of series is bounded and nobody's number can be among them.
"""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["METRICS_PATH", "REGISTRY", "ConnectionMetrics", "RequestMetrics", "metrics_routes"]

METRICS_PATH = "/metrics"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_REQUESTS = Histogram(
    "samrad_http_request_seconds",
    "Time until the whole answer was handed to the server, by template of the address",
    ("service", "route", "method", "status"),
    buckets=_BUCKETS,
)
_REFUSED = Counter(
    "samrad_connections_refused", "Connections ended by the server's own rules, by problem code", ("service", "code")
)
_OPEN = Gauge("samrad_connections_open", "Connections that are open", ("service",))


class RequestMetrics:
    """Counts the requests of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._bound: dict[tuple[str, str, int], Callable[[float], None]] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` is a template and `method` one of the known ones, or `other`."""
        known = (route, method, status)
        observe = self._bound.get(known)
        if observe is None:
            # Looking up a series by its labels costs more than all the rest.
            observe = self._bound[known] = _REQUESTS.labels(self.service, route, method, str(status)).observe
        observe(seconds)


class ConnectionMetrics:
    """Counts the connections of one server."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._open = _OPEN.labels(service)
        self.opened, self.closed = self._open.inc, self._open.dec

    def refused(self, code: str) -> None:
        """`code` is that of the problem."""
        _REFUSED.labels(self._service, code).inc()


def metrics_routes() -> list[Route]:
    """`/metrics`, for the inside of the network: on a port that clients do not reach."""

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route(METRICS_PATH, metrics, methods=["GET"])]
