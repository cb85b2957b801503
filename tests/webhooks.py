"""Receivers of webhooks for tests, and a consultation service with a database and a time of its own to send from."""

import asyncio
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from services.consultation import tables
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.main import MIGRATIONS
from services.consultation.tenants.load import SANDBOX, load_tenants, read_tenants
from services.consultation.webhooks.deliver import Deliverer
from services.consultation.webhooks.keep import forget, give_up
from services.consultation.webhooks.notices import Notifier
from services.consultation.webhooks.spread import spread
from shared.database.embedded import SUPERUSER
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.jobs.job import Outing, Run
from shared.tokens.client import authorization
from shared.tokens.replay_postgres import remember_from_now
from tests.attack.support import BASE, sql
from tests.exchange import Exchange, consultation_body
from tests.service.workers import workers
from tests.webhook_worker import a_courier

ROOT = Path(__file__).resolve().parent.parent
SUBSCRIPTIONS = f"{BASE}/webhook-subscriptions"
CONTACT = {"function": "Jourtelefonen", "email": "jour@kommun.example"}


def path_of(subscription: Mapping[str, Any], action: str = "") -> str:
    """The address of a subscription, or of what can be done to it."""
    return f"{SUBSCRIPTIONS}/{subscription['webhookSubscriptionId']}{action}"


# --- receivers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """One message, as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent."""
        return json.loads(self.body)  # type: ignore[no-any-return]

    @property
    def place(self) -> tuple[str, int]:
        """The consultation and the number of the event in it."""
        data = self.event["data"]
        return data["consultationId"], data["sequence"]


Respond = Callable[[Received], tuple[int, bytes] | None]
"""Status and body, or None to hang up without an answer."""


def takes_all(_: Received) -> tuple[int, bytes]:
    """As a receiver should."""
    return 204, b""


class Receiver:
    """Listens on a port of its own, echoes challenges and answers everything else by `respond`."""

    def __init__(self, respond: Respond = takes_all) -> None:
        self.respond, self.echoes = respond, True
        self.received: list[Received] = []
        self.challenges: list[Received] = []
        self._server = self._listening(0)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where it is told of events."""
        return f"http://127.0.0.1:{self.port}/in"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was told, in the order in which it came."""
        return [each.event for each in self.received]

    def down(self) -> None:
        """Nobody listens there any more."""
        self._server.shutdown()
        self._server.server_close()

    def up(self) -> None:
        """Somebody listens there again."""
        self._server = self._listening(self.port)

    def _listening(self, port: int) -> ThreadingHTTPServer:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                answer = owner.take(Received({name.lower(): value for name, value in self.headers.items()}, body))
                if answer is None:
                    return
                status, content = answer
                # Whoever asked may have hung up.
                with suppress(OSError):
                    self.send_response(status)
                    if 300 <= status < 400:
                        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def take(self, message: Received) -> tuple[int, bytes] | None:
        """The answer to a message."""
        if message.event["type"] == "webhook.validation":
            self.challenges.append(message)
            echo = message.event["data"] if self.echoes else {}
            return 200, json.dumps(echo).encode()
        self.received.append(message)
        return self.respond(message)


@contextmanager
def receiving(respond: Respond = takes_all) -> Iterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver(respond)
    try:
        yield receiver
    finally:
        receiver.down()


def written_subscription(exchange: Exchange, name: str) -> tuple[str, str]:
    """A subscription of a demo client's in the product, with a failed delivery, its attempt and a notice; answers the
    ids of the first two. Nobody listens there, and it is not validated.
    """
    wish = {"url": "https://hook.kommun.example/in", "eventTypes": ["*"], "contact": CONTACT}
    made = exchange.send(name, "POST", SUBSCRIPTIONS, wish, key=str(uuid.uuid4()))
    assert made.status_code == 201, made.text
    subscription = made.json()["webhookSubscriptionId"]
    [delivery] = sql(
        exchange,
        """
        WITH subscription AS (SELECT org, id FROM webhook_subscription WHERE id = $1),
        delivery AS (
            INSERT INTO webhook_delivery (org, id, subscription_id, event_id, event_type, event_at, consultation_id,
                                          sequence, state, status, created_at, run_at, give_up_at, attempts,
                                          finished_at)
            SELECT org, gen_random_uuid(), id, gen_random_uuid(), 'consultation.opened', now(), gen_random_uuid(), 1,
                   'received', 'failed', now(), now(), now(), 1, now()
            FROM subscription RETURNING org, id
        ),
        attempt AS (
            INSERT INTO webhook_attempt (org, delivery_id, number, at, outcome)
            SELECT org, id, 1, now(), 'timed_out' FROM delivery
        ),
        notice AS (
            INSERT INTO webhook_notice (org, id, subscription_id, at, paused, outcomes, waiting, failed)
            SELECT org, gen_random_uuid(), id, now(), false, '{"timed_out": 1}', 0, 1 FROM subscription
        )
        SELECT id FROM delivery
        """,
        uuid.UUID(subscription),
    )
    return subscription, str(delivery["id"])


# --- a place to send from -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Hooks:
    """A consultation service on a database of its own, whose background work is done when a test says so.

    Clients, tokens and time are those of `exchange`.
    """

    exchange: Exchange
    address: str
    database: str
    deliverer: Deliverer

    def url(self, role: str) -> str:
        """Its database as a role."""
        return self.exchange.postgres.url(self.database, role)

    def send(
        self, name: str, method: str, path: str, body: Any = None, *, version: int | None = None, key: str | None = None
    ) -> httpx.Response:
        """One call of the service as a demo client."""
        client = self.exchange.client(name)
        public = self.exchange.base_url + path.partition("?")[0]
        headers = dict(authorization(client.identity, client.token_for(path), method, public, self.exchange.clock()))
        headers["Samrad-Handler"] = "hl-1"
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.exchange.http.request(method, self.address + path, headers=headers, json=body)

    def subscribe(self, name: str, receiver: Receiver, *event_types: str, validate: bool = True) -> dict[str, Any]:
        """A subscription of a demo client's, validated; answers it with its secret."""
        wish = {"url": receiver.url, "eventTypes": list(event_types or ("*",)), "contact": CONTACT}
        made = self.send(name, "POST", SUBSCRIPTIONS, wish)
        assert made.status_code == 201, made.text
        subscription: dict[str, Any] = made.json()
        if validate:
            path = f"{SUBSCRIPTIONS}/{subscription['webhookSubscriptionId']}/validations"
            assert self.send(name, "POST", path).json()["state"] == "active"
        return subscription

    def open(self, name: str = "umea", **changes: Any) -> str:
        """A new consultation; answers its id."""
        answer = self.send(name, "POST", f"{BASE}/consultations", consultation_body(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["consultationId"])

    def act(self, name: str, consultation: str, action: str, version: int, text: str | None = None) -> None:
        """One change of it."""
        path = f"{BASE}/consultations/{consultation}/{action}"
        answer = self.send(name, "POST", path, None if text is None else {"text": text}, version=version)
        assert answer.status_code == 200, answer.text

    def answer(self, consultation: str) -> None:
        """Claim it and answer it, as version 1."""
        self.act("af-workbench", consultation, "claims", 1)
        self.act("af-workbench", consultation, "answers", 2, "Praktik från den 1 december.")

    def deliveries(self, subscription: Mapping[str, Any], name: str = "umea", query: str = "") -> list[dict[str, Any]]:
        """Oldest first."""
        answer = self.send(name, "GET", path_of(subscription, f"/deliveries{query}"))
        assert answer.status_code == 200, answer.text
        return list(reversed(answer.json()["webhookDeliveries"]))

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Rows as the superuser sees them."""
        return sql(self.exchange, statement, *values, database=self.database)

    def empty(self) -> None:
        """Without subscriptions and what belongs to them, and with nothing to tell of or to seal: here nobody seals."""
        self.rows("TRUNCATE webhook_subscription, outbox, audit_queue CASCADE")

    def pass_by(self, **duration: float) -> None:
        """Let time pass."""
        self.exchange.clock.move_to(self.exchange.clock() + timedelta(**duration))

    def spread(self) -> None:
        """What has happened is made into deliveries, and no more."""

        async def once() -> None:
            database = Database(self.url(tables.WORKER_ROLE), pool_size=1)
            async with database.without_tenant() as connection:
                await spread(Run(connection, self.exchange.clock(), {}))
            await database.close()

        asyncio.run(once())

    def work(self, times: int = 1) -> None:
        """One round of background work, or some: spread, deliver, give up, tell, forget."""

        async def rounds() -> None:
            database = Database(self.url(tables.WORKER_ROLE), pool_size=8)
            outing = Outing(database.without_tenant, self.exchange.clock, lambda: False, {})
            try:
                for _ in range(times):
                    for job in (spread, give_up, forget):
                        async with database.without_tenant() as connection:
                            await job(Run(connection, self.exchange.clock(), {}))
                        if job is spread:
                            await self.deliverer.deliver(outing)
                    await Notifier().tell_contacts(outing)
            finally:
                await database.close()

        asyncio.run(rounds())


@contextmanager
def furnished(exchange: Exchange, database: str) -> Iterator[Hooks]:
    """The service and its database, made and served."""
    asyncio.run(_prepare(exchange, database))
    roles = {
        "SAMRAD_CONSULTATION_DATABASE_URL": tables.RUNTIME_ROLE,
        "SAMRAD_CONSULTATION_STATISTICS_DATABASE_URL": tables.STATISTICS_ROLE,
    }
    own = {name: exchange.postgres.url(database, role) for name, role in roles.items()}
    with workers(("consultation",), exchange.clock, {**own, "SAMRAD_WORKER": "apart"}) as (address,):
        courier = a_courier(exchange.clock, exchange.base_url + BASE)
        yield Hooks(exchange, address, database, Deliverer(exchange.vault(), courier))


async def _prepare(exchange: Exchange, database: str) -> None:
    await provision(exchange.postgres.url("postgres", SUPERUSER), database, tables.ROLES)
    owner = exchange.postgres.url(database, tables.OWNER_ROLE)
    await upgrade(owner, MIGRATIONS)
    await load_tenants(owner, read_tenants(SANDBOX, PURPOSES))
    await remember_from_now(owner)


# --- a worker in a process of its own -------------------------------------------------------------------------------


@dataclass(slots=True)
class WorkerProcess:
    """To be killed."""

    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """As an out-of-memory killer does."""
        self.process.kill()
        self.process.wait(10)

    def await_word(self) -> None:
        """Return when it has begun to work."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"at work\n"


@contextmanager
def worker_process(hooks: Hooks, time: Path) -> Iterator[WorkerProcess]:
    """Started with the jobs of webhooks, quick, and ended by pid."""
    environment = hooks.exchange.environment
    plan = {
        "url": hooks.url(tables.WORKER_ROLE),
        "time": str(time),
        "source": hooks.exchange.base_url + BASE,
        "keys": [environment[f"SAMRAD_CONSULTATION_{kind}_KEY"] for kind in ("SEALING", "MARKING")],
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.webhook_worker"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert started.stdin is not None
    started.stdin.write(json.dumps(plan).encode())
    started.stdin.close()
    try:
        yield WorkerProcess(started)
    finally:
        started.kill()
        started.wait(10)
        assert started.stdout is not None
        started.stdout.close()
