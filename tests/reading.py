"""Lists read to their end: other tests have had the clock years ahead, and newest first is not one's own first."""

from collections.abc import Iterator
from typing import Any

from tests.exchange import Exchange


def whole_trail(exchange: Exchange, name: str) -> Iterator[dict[str, Any]]:
    """Every entry of the trail that a client may read, newest first."""
    return _read(exchange, name, "/consultation/v1/audit-entries?limit=100", "entries")


def whole_list(exchange: Exchange, name: str, path: str) -> Iterator[dict[str, Any]]:
    """Every consultation of a list, such as `consultations` or `queue`, in its order."""
    return _read(exchange, name, f"/consultation/v1/{path}?limit=100", "consultations")


def _read(exchange: Exchange, name: str, first: str, member: str) -> Iterator[dict[str, Any]]:
    path: str | None = first
    while path is not None:
        page = exchange.send(name, "GET", path).json()
        yield from page[member]
        following = page["_links"].get("next")
        path = following["href"].removeprefix(exchange.base_url) if following else None
