"""Lists read to their end: other tests have had the clock years ahead, and newest first is not one's own first."""

from collections.abc import Iterator
from typing import Any

from tests.exchange import Exchange


def whole_trail(exchange: Exchange, name: str) -> Iterator[dict[str, Any]]:
    """Every entry of the trail that a client may read, newest first."""
    path: str | None = "/consultation/v1/audit-entries?limit=100"
    while path is not None:
        page = exchange.send(name, "GET", path).json()
        yield from page["entries"]
        following = page["_links"].get("next")
        path = following["href"].removeprefix(exchange.base_url) if following else None
