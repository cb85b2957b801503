"""The simulated REST sources, served beside the product in a thread of their own."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from joserfc.jwk import import_key
from starlette.responses import Response

from services import sandbox
from services.assembly.simulators import write_rest_settings
from services.consultation.lookups.simulator.rest import create_app
from services.consultation.lookups.simulator.rest_issuer import TOKEN_PATH, SimulatedIssuer
from services.consultation.lookups.sources.domain import SourceCode
from shared.clock import Clock, system_clock
from shared.http.guard import App, Message, Receive, Scope, Send
from shared.serving import Served
from tests.exchange import free_ports
from tests.serving import serving_in_thread


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    method: str
    target: str
    headers: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True)
class RestSources:
    """The simulator while it runs. `settings` is the file that has sources asked here; not `up`, they answer 503."""

    issuer: SimulatedIssuer
    settings: Path
    up: bool = True
    received: list[Received] = field(default_factory=list)

    def questions(self) -> list[Received]:
        """The requests that were no token requests, and no probes."""
        return [each for each in self.received if each.target != TOKEN_PATH and each.method == "POST"]

    def probes(self) -> list[Received]:
        """The requests that only looked whether somebody is there."""
        return [each for each in self.received if each.method == "GET"]

    def token_requests(self) -> int:
        """How many tokens were asked for."""
        return sum(each.target == TOKEN_PATH for each in self.received)


@contextmanager
def serving_rest_sources(
    home: Path, *codes: SourceCode, clock: Clock = system_clock, **changed: object
) -> Iterator[RestSources]:
    """The simulator, and settings that have `codes` asked there. Who is late is so until the simulator stops."""
    port = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    key_file = sandbox.rest_source_key(home)
    issuer = SimulatedIssuer(address, import_key(json.loads(key_file.read_text("utf-8"))), clock)
    sources = RestSources(issuer, write_rest_settings(home, address, key_file, codes, **changed))
    released = asyncio.Event()

    async def until_released(_seconds: float) -> None:
        await released.wait()

    async def build(_: AsyncExitStack) -> list[Served]:
        app = _recording(create_app(issuer, sleep=until_released), sources)
        return [Served("simulator", app, "127.0.0.1", port)]

    with serving_in_thread(build) as loop:
        try:
            yield sources
        finally:
            loop.call_soon_threadsafe(released.set)


def _recording(app: App, sources: RestSources) -> App:
    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        chunks: list[bytes] = []

        async def listened() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                chunks.append(message.get("body", b""))
                if not message.get("more_body"):
                    query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
                    headers = repr([name + b": " + value for name, value in scope["headers"]])
                    target = scope["path"] + query
                    sources.received.append(Received(scope["method"], target, headers, b"".join(chunks)))
            return message

        if sources.up or scope["path"] == TOKEN_PATH:
            await app(scope, listened, send)
            return
        while (await listened()).get("more_body"):
            pass
        await Response(status_code=503)(scope, listened, send)

    return recorded
