"""What the attacks share: a consultation to attack, the database behind, many hands at once, and a raw socket."""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import asyncpg
import httpx

from shared.database.embedded import SUPERUSER
from shared.tokens.client import authorization
from tests.exchange import Exchange

BASE = "/consultation/v1"
CONSULTATIONS = f"{BASE}/consultations"
LOOKUPS = f"{BASE}/lookups"
# Between the services; the gateway lets nobody in.
INTERNAL = {("agreements", "/decisions"), ("agreements", "/delegation-checks")}
DATABASES = ("consultation", "agreements", "gateway")
"""Of the product; any other is a test's own, which removes it when nobody is connected."""
UMEA, MALMO, AF = "0007:2120002627", "0007:2120001124", "0007:2021002114"

Result = TypeVar("Result")


def act(
    exchange: Exchange,
    name: str,
    receipt: dict[str, Any],
    action: str,
    version: int,
    text: str | None = None,
    **more: Any,
) -> httpx.Response:
    """One change of a consultation."""
    path = f"{CONSULTATIONS}/{receipt['consultationId']}/{action}"
    return exchange.send(name, "POST", path, None if text is None else {"text": text}, version=version, **more)


def sql(
    exchange: Exchange,
    query: str,
    *values: object,
    database: str = "consultation",
    role: str = SUPERUSER,
    first: str | None = None,
) -> list[Any]:
    """Rows as the superuser, or another role, sees them. `first` is run before, on the same connection."""
    if role == SUPERUSER and first is None and database in DATABASES:
        return exchange.standing.rows(database, query, *values)

    async def ask() -> list[Any]:
        host = str(exchange.postgres.socket_directory)
        connection = await asyncpg.connect(database=database, user=role, host=host)
        try:
            if first is not None:
                await connection.execute(first)
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    return asyncio.run(ask())


def together(*hands: Callable[[], Result]) -> list[Result]:
    """What each hand got, when all of them move at the same moment."""
    barrier = threading.Barrier(len(hands))

    def move(hand: Callable[[], Result]) -> Result:
        barrier.wait(10)
        return hand()

    with ThreadPoolExecutor(len(hands)) as pool:
        return list(pool.map(move, hands))


def credentials(exchange: Exchange, name: str, method: str, path: str) -> dict[str, str]:
    """A token and a fresh proof for one call; the proof names no query."""
    client = exchange.client(name)
    token = client.token_for(path)
    return authorization(client.identity, token, method, exchange.base_url + path, exchange.clock())


def raw(exchange: Exchange, request: bytes, *, port: str = "gateway") -> bytes:
    """Everything that comes back for these bytes on a connection of their own."""
    with socket.create_connection(("127.0.0.1", exchange.ports[port]), 10) as connection:
        connection.sendall(request)
        connection.settimeout(2)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except TimeoutError:
            pass
        return received


def wire(first: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """A request as bytes, closing the connection behind it."""
    lines = [first, *(f"{name}: {value}" for name, value in headers), "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
