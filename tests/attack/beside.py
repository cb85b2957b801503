"""Services of an attack's own, beside the running product: its databases and keys, other settings or neighbours."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from unittest import mock

from services.assembly import agreements, consultation, gateway
from shared.http.guard import App, Receive, Scope, Send
from shared.serving import Served
from tests.exchange import Exchange, free_ports
from tests.serving import serving_in_thread


@contextmanager
def services_beside(exchange: Exchange, settings: Mapping[str, str] | None = None) -> Iterator[dict[str, int]]:
    """A gateway, a consultation and an agreements service; answers their ports.

    They see each other and the product's issuer, unless `settings` says otherwise.
    """
    port = free_ports(3)
    ports = {"gateway": port, "consultation": port + 1, "agreements": port + 2}
    addresses = {name: f"http://127.0.0.1:{number}" for name, number in ports.items()}
    changed = {
        "SAMRAD_GATEWAY_CONSULTATION_URL": addresses["consultation"],
        "SAMRAD_GATEWAY_AGREEMENTS_URL": addresses["agreements"],
        "SAMRAD_CONSULTATION_AGREEMENTS_URL": addresses["agreements"],
        **(settings or {}),
    }

    async def build(stack: AsyncExitStack) -> list[Served]:
        apps = {
            "consultation": await consultation.build(stack, exchange.clock),
            "agreements": await agreements.build(stack, exchange.clock),
            "gateway": await gateway.build(stack, exchange.clock, host="127.0.0.1"),
        }
        return [Served(name, app, "127.0.0.1", ports[name]) for name, app in apps.items()]

    with mock.patch.dict(os.environ, changed), serving_in_thread(build):
        yield ports


@dataclass(slots=True)
class Hostile:
    """A neighbour that answers as an attack wants, and remembers what it was asked."""

    port: int
    answer: App | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it is dialled."""
        return f"http://127.0.0.1:{self.port}"

    def says(
        self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = "text/xml"
    ) -> None:
        """From now on it answers this."""
        sent = {"content-type": media_type, "content-length": str(len(body)), **(headers or {})}
        encoded = [(name.encode(), value.encode()) for name, value in sent.items()]

        async def answer(_: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": encoded})
            await send({"type": "http.response.body", "body": body})

        self.answer = answer

    def drips(self, piece: bytes, *, every_seconds: float, media_type: str = "text/xml") -> None:
        """From now on it answers piece by piece, without an end."""

        async def answer(_: Scope, receive: Receive, send: Send) -> None:
            headers = [(b"content-type", media_type.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            gone = asyncio.create_task(_disconnected(receive))
            while not gone.done():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.wait([gone], timeout=every_seconds)

        self.answer = answer


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@contextmanager
def hostile() -> Iterator[Hostile]:
    """A neighbour. It answers 404 until told otherwise."""
    neighbour = Hostile(free_ports(1))
    neighbour.says(b"", status=404)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        neighbour.asked.append(f"{scope['method']} {scope['path']}")
        assert neighbour.answer is not None
        await neighbour.answer(scope, receive, send)

    async def build(_: AsyncExitStack) -> list[Served]:
        return [Served("hostile", app, "127.0.0.1", neighbour.port)]

    with serving_in_thread(build):
        yield neighbour
