"""Figures that many ask for: every office looks at the same dashboards, and each would have them counted again.

What is told from cells changes when something has been folded, and not otherwise; what is open changes a moment
before that. So an answer is kept for as long as nothing has been folded, and who asks meanwhile is given the same
bytes. Who may ask is decided before, for each request of its own.

What an answer that is kept still costs is paid by every dashboard of every office: one round trip for the version, and
nothing else of the database's.
"""

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
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
from shared.http.shared_answers import Make

Route = TypeVar("Route", bound=Callable[..., Awaitable[Response]])


def kept_until_folded(route: Route) -> Route:
    """For what is told from cells: the same answer to the same question of the same organisation, on the same day."""
    return _kept(route, day_of)


def kept_until_folded_or_older(route: Route) -> Route:
    """For what is open, which grows older by itself: the same, in the same minute."""
    return _kept(route, lambda now: int(now.timestamp() // 60))


async def until_folded(context: Context, key: tuple[Hashable, ...], make: Make) -> Response:
    """For what is told from cells beside something else, which `key` tells as well: the same answer to the same key,
    on the same day.
    """
    return await _until_folded(context, day_of, key, make)


async def _until_folded(
    context: Context, period: Callable[[datetime], Hashable], key: tuple[Hashable, ...], make: Make
) -> Response:
    # Read before the figures are: what is kept under a version is at least as new.
    version = await cells_version(context.statistics.single)
    return await context.answers.kept((version, period(context.clock()), *key), make)


def _kept(route: Route, period: Callable[[datetime], Hashable]) -> Route:
    @wraps(route)
    async def answer(**arguments: Any) -> Response:
        context, key = _asked(arguments)
        return await _until_folded(context, period, key, lambda: route(**arguments))

    return cast(Route, answer)


def _asked(arguments: dict[str, Any]) -> tuple[Context, tuple[Hashable, ...]]:
    """What tells one question from another: who asks what, and in which form it is to be told."""
    request: Request = arguments["request"]
    form = wants_table(request, arguments["format"])
    return context_of(request), key_of(arguments["caller"].organisation, form, request.url)


def key_of(organisation: str, as_table: bool, url: URL) -> tuple[Hashable, ...]:
    """The key of a question. It is as short for a long address as for a short one: unknown parameters cost nothing."""
    return organisation, as_table, url.path, sha256(url.query.encode()).digest()
