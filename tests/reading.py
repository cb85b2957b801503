"""Lists read to their end: other tests have left rows of their own, and had the clock years ahead.

What a test looks for is not always on the first page, and what is not on the first page may be on the second.
"""

from collections.abc import Iterator
from typing import Any

from tests.exchange import Exchange

_CONSULTATION = "/consultation/v1"


def every_page(exchange: Exchange, name: str, path: str, **more: Any) -> Iterator[dict[str, Any]]:
    """The pages of a list from the address on, as long as one leads to the next."""
    following: str | None = path
    while following is not None:
        answer = exchange.send(name, "GET", following, **more)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page
        link = page["_links"].get("next")
        following = link["href"].removeprefix(exchange.base_url) if link else None


def whole(exchange: Exchange, name: str, path: str, member: str, **more: Any) -> Iterator[dict[str, Any]]:
    """Every row that the pages of a list hold under the member, a hundred a page."""
    address = f"{path}{'&' if '?' in path else '?'}limit=100"
    for page in every_page(exchange, name, address, **more):
        yield from page[member]


def whole_trail(exchange: Exchange, name: str) -> Iterator[dict[str, Any]]:
    """Every entry of the trail that a client may read, newest first."""
    return whole(exchange, name, f"{_CONSULTATION}/audit-entries", "entries")


def whole_list(exchange: Exchange, name: str, path: str, **more: Any) -> Iterator[dict[str, Any]]:
    """Every consultation of a list, such as `consultations` or `queue?assigned=me`, in its order."""
    return whole(exchange, name, f"{_CONSULTATION}/{path}", "consultations", **more)
