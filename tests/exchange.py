"""The whole product in one place for tests: real PostgreSQL, real HTTP, real signatures, a clock that tests move.

Wired by the same functions as `./samrad run`; only the clock differs, and the simulator runs beside instead of
in a process of its own.
"""

import asyncio
import base64
import os
import secrets
import socket
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from services import sandbox
from services.assembly import agreements, consultation, gateway
from services.assembly.commands.serving import prepare_databases
from services.consultation.lookups.simulator.app import create_app as create_simulator
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.versions import VERSIONS
from services.gateway.scopes import CATALOGUE
from services.gateway.tokens.demo import DEMO_CLIENTS, demo_identity, write_demo_clients
from shared.connections import ConnectionLimits
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.http.guard import App, Message, Receive, Scope, Send
from shared.serving import Served
from shared.tokens.client import MachineClient
from shared.vault import Vault
from tests import openapi_check
from tests.clusters import furnish
from tests.serving import serving_in_thread
from tests.standing import StandingConnections

NOBODY = "0190a8e5-0000-4000-8000-000000000000"
"""A well-formed id that belongs to nothing."""


class MovableClock:
    """The time as tests want it. Runs on from where it was set, so that timed proofs stay fresh."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    def __call__(self) -> datetime:
        return self._frozen or datetime.now(UTC) + self._offset

    def stand_at(self, instant: datetime) -> None:
        """It is `instant` until moved again."""
        self._frozen = instant

    def move_to(self, instant: datetime) -> None:
        """From now on it is `instant`, and time runs on from there."""
        self._frozen, self._offset = None, instant - datetime.now(UTC)

    def back_to_now(self) -> None:
        """The real time again."""
        self._frozen, self._offset = None, timedelta(0)


@dataclass(slots=True)
class Exchange:
    """A running product. `client(name)` is a demo client; `postgres` makes database addresses."""

    base_url: str
    home: Path
    clock: MovableClock
    http: httpx.Client
    postgres: EmbeddedPostgres
    ports: dict[str, int]
    sent_to_sources: list[bytes] = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    """Its settings, whatever stands in the environment of this process since."""
    standing: StandingConnections = field(repr=False)
    _clients: dict[str, MachineClient] = field(default_factory=dict, repr=False)

    def client(
        self,
        name: str,
        *,
        scopes: set[str] | None = None,
        bound: bool | None = None,
        on_behalf_of: str | None = None,
    ) -> MachineClient:
        """A demo client; `scopes` narrows what it asks for, `on_behalf_of` is the number of whom it acts for."""
        key = f"{name} {sorted(scopes) if scopes is not None else ''} {bound} {on_behalf_of}"
        if key not in self._clients:
            self._clients[key] = self._make(name, scopes, bound, on_behalf_of)
        return self._clients[key]

    def _make(self, name: str, scopes: set[str] | None, bound: bool | None, on_behalf_of: str | None) -> MachineClient:
        registered = DEMO_CLIENTS[name]
        own = registered.scopes if on_behalf_of is None else registered.delegated_scopes
        held = set(own) if scopes is None else scopes
        by_service = {service: [scope for scope in known if scope.name in held] for service, known in CATALOGUE.items()}
        plain = all(scope.bearer_allowed for known in by_service.values() for scope in known)
        return MachineClient(
            demo_identity(self.home / "clients", name, public_url=self.base_url),
            self.http,
            self.clock,
            resources={f"/{service}/": f"{self.base_url}/{service}" for service in CATALOGUE},
            scopes={
                f"{self.base_url}/{service}": [scope.name for scope in known] for service, known in by_service.items()
            },
            bound=not plain if bound is None else bound,
            on_behalf_of=on_behalf_of,
        )

    def send(
        self,
        name: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        handler: str | None = "hl-1",
        version: int | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One call through the gateway as a demo client."""
        sent = dict(headers or {})
        if handler is not None:
            sent.setdefault("Samrad-Handler", handler)
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        if key is not None:
            sent["Idempotency-Key"] = key
        answer = self.client(name).request(method, self.base_url + path, headers=sent, json=body)
        openapi_check.check(answer)
        return answer

    @property
    def simulator_url(self) -> str:
        """Where the simulator of the sources is, with its log of requests and its switch."""
        return f"http://127.0.0.1:{self.ports['simulator']}"

    def vault(self) -> Vault:
        """What consultation's database is sealed with."""
        names = (f"SAMRAD_CONSULTATION_{kind}_KEY" for kind in ("SEALING", "MARKING"))
        return Vault(*(base64.b64decode(self.environment[name]) for name in names))

    def forget_tokens(self) -> None:
        """Fetch new tokens from now on."""
        self._clients.clear()

    def look_up(self, person: str, name: str = "umea", **changes: Any) -> httpx.Response:
        """A look-up about a simulated person, by its name in the simulator."""
        return self.send(name, "POST", "/consultation/v1/lookups", lookup_body(person, self.clock(), **changes))

    def open(self, name: str = "umea", **changes: Any) -> dict[str, Any]:
        """A new consultation; answers its receipt."""
        answer = self.send(name, "POST", "/consultation/v1/consultations", consultation_body(**changes))
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt


def lookup_body(person: str, now: datetime, **changes: Any) -> dict[str, Any]:
    """A well-formed look-up: at all seven sources when it is for an application, else at those of its purpose."""
    today = now.date()
    chosen = {} if "purpose" in changes else {"sources": [source.value for source in SourceCode]}
    return {
        "person": PERSONS[person].number,
        "caseReference": "EB-TEST-1",
        "purpose": "financial_aid_application",
        "period": {"from": str(today - timedelta(days=90)), "to": str(today)},
        **chosen,
        **changes,
    }


def consultation_body(**changes: Any) -> dict[str, Any]:
    """A well-formed consultation."""
    return {
        "type": "consultation",
        "purpose": "financial_aid_application",
        "caseReference": f"EB-{uuid.uuid4().hex[:8]}",
        "question": "Vilka insatser är planerade?",
        "person": PERSONS["complete"].number,
        **changes,
    }


# Tests move the clock over years; what it would tell of other tests' consultations would change them meanwhile.
_WITHOUT_NOTICES = {
    "SAMRAD_CONSULTATION_CLOCK_NOTICES": "false",
    "SAMRAD_CONSULTATION_CLOSE_ANSWERED_AFTER_DAYS": "0",
}
_WITHOUT_LIMITS = dict.fromkeys(
    (
        "SAMRAD_GATEWAY_TOKEN_REQUESTS",
        "SAMRAD_GATEWAY_CLIENT_REQUESTS",
        "SAMRAD_GATEWAY_CLIENT_TOKEN_REQUESTS",
        "SAMRAD_GATEWAY_ORGANISATION_REQUESTS",
        "SAMRAD_GATEWAY_ADDRESS_REQUESTS",
        # Tests share a handler and a case; those of the brake have an instance of their own.
        "SAMRAD_CONSULTATION_PERSONS_PER_HANDLER_AND_HOUR",
        "SAMRAD_CONSULTATION_PERSONS_PER_CASE_AND_DAY",
        # So do they share the sources, whose failures many of them ask for; those of the breaker have their own too.
        "SAMRAD_CONSULTATION_BREAKER_FAILURES",
        "SAMRAD_CONSULTATION_BREAKER_LEAST_CALLS",
    ),
    "1000000",
)


@contextmanager
def running_exchange(*, ssbtek_version: str = sandbox.SSBTEK_VERSION) -> Iterator[Exchange]:
    """The product, started and stopped. Settings of the sandbox are placed in the environment while it runs.

    `ssbtek_version` is of the contract that it speaks with the simulator.
    """
    port = free_ports(5)
    with ExitStack() as stack:
        start = stack.enter_context
        home = Path(start(tempfile.TemporaryDirectory(prefix="samrad-test-")))
        base_url = f"http://127.0.0.1:{port}"
        write_demo_clients(home / "clients")
        own = sandbox.environment(home, "127.0.0.1", port, base_url, ssbtek_version=ssbtek_version)
        start(_placed({**own, **_WITHOUT_LIMITS, **_WITHOUT_NOTICES}))
        clock = MovableClock()
        furnish(home / "postgres")
        postgres, http = start(EmbeddedPostgres(home / "postgres")), start(httpx.Client(timeout=60, trust_env=False))
        start(_placed(asyncio.run(prepare_databases(postgres.url, SUPERUSER))))
        sent: list[bytes] = []
        simulator = _recording(create_simulator(version=VERSIONS[ssbtek_version]), sent)
        start(serving_in_thread(lambda stack: _product(stack, port, clock, simulator)))
        names = ("gateway", "consultation", "agreements", "simulator", "facade")
        ports = {name: port + offset for offset, name in enumerate(names)}
        standing = StandingConnections(postgres)
        stack.callback(standing.close)
        yield Exchange(base_url, home, clock, http, postgres, ports, sent, dict(os.environ), standing)


@contextmanager
def _placed(settings: Mapping[str, str]) -> Iterator[None]:
    """The settings in the environment. What another instance has placed over them since is left to it."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            if os.environ.get(name) == settings[name]:
                earlier = before[name]
                if earlier is None:
                    del os.environ[name]
                else:
                    os.environ[name] = earlier


async def _product(stack: AsyncExitStack, port: int, clock: MovableClock, simulator: App) -> list[Served]:
    app, facade = await consultation.build_with_facade(stack, clock, "127.0.0.1")
    assert facade is not None
    apps = (
        ("simulator", simulator, sandbox.SIMULATOR),
        ("consultation", app, sandbox.CONSULTATION),
        ("agreements", await agreements.build(stack, clock), sandbox.AGREEMENTS),
        ("gateway", await gateway.build(stack, clock, host="127.0.0.1"), 0),
    )
    doors = {"gateway": gateway.connection_limits()}
    served = [
        Served(name, app, "127.0.0.1", port + offset, doors.get(name, ConnectionLimits())) for name, app, offset in apps
    ]
    return [*served, facade]


def _recording(app: App, sent: list[bytes]) -> App:
    """The application, with the bodies kept that it is sent at its contract's address."""

    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        chunks: list[bytes] = []

        async def listened() -> Message:
            message = await receive()
            if message["type"] == "http.request" and scope["path"].startswith("/ssbt/"):
                chunks.append(message.get("body", b""))
                if not message.get("more_body"):
                    sent.append(b"".join(chunks))
            return message

        await app(scope, listened, send)

    return recorded


def free_ports(count: int) -> int:
    """A port that is free together with the ones after it, below those that outgoing connections take."""
    while True:
        first = 10_000 + secrets.randbelow(20_000)
        if all(_is_free(first + place) for place in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
