"""Figures that many ask for: every office looks at the same dashboards, and each would have them counted again.

What is told from cells changes when something has been folded, and not otherwise. So an answer is kept for as long as
that has not happened, and who asks meanwhile is given the same bytes (`kept_until_folded`). What is open changes at any
moment, and nobody is told less than is there when she asks: those who ask while it is being counted share the next
count (`counted_together`). Who may ask is decided before, for each request of its own.
"""

from collections.abc import Awaitable, Callable, Hashable
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar, cast

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from services.consultation.context import Context, context_of
from services.consultation.leadtimes.facts import day_of
from services.consultation.leadtimes.tables import wants_table
from services.consultation.leadtimes.version import cells_version

Route = TypeVar("Route", bound=Callable[..., Awaitable[Response]])


def kept_until_folded(route: Route) -> Route:
    """For what is told from cells: the same answer to the same question of the same organisation, on the same day."""

    @wraps(route)
    async def answer(**arguments: Any) -> Response:
        context, key = _asked(arguments)
        # Read before the cells are: what is kept under a version is at least as new.
        async with context.statistics.without_tenant() as connection:
            version = await cells_version(connection)
        today = day_of(context.clock())
        return await context.answers.kept((version, today, *key), lambda: route(**arguments))

    return cast(Route, answer)


def counted_together(route: Route) -> Route:
    """For what is counted anew each time: those who ask at the same time share a count."""

    @wraps(route)
    async def answer(**arguments: Any) -> Response:
        context, key = _asked(arguments)
        return await context.answers.together(key, lambda: route(**arguments))

    return cast(Route, answer)


def _asked(arguments: dict[str, Any]) -> tuple[Context, tuple[Hashable, ...]]:
    """What tells one question from another: who asks what, and in which form it is to be told."""
    request: Request = arguments["request"]
    form = wants_table(request, arguments["format"])
    return context_of(request), key_of(arguments["caller"].organisation, form, request.url)


def key_of(organisation: str, as_table: bool, url: URL) -> tuple[Hashable, ...]:
    """The key of a question. It is as short for a long address as for a short one: unknown parameters cost nothing."""
    return organisation, as_table, url.path, sha256(url.query.encode()).digest()
