"""Two organisations at the same endpoints at once, with one database connection between them.

Whatever a connection keeps from one request to the next, here the next is often the other organisation's: after an
answer, a refusal, a change that failed, and a client that hung up in the middle.
"""

import json
import random
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from shared.tokens.client import authorization
from tests.attack.beside import services_beside
from tests.attack.support import CONSULTATIONS, LOOKUPS
from tests.exchange import NOBODY, Exchange, consultation_body, lookup_body
from tests.sizes import sample_or_full

pytestmark = [pytest.mark.attack, pytest.mark.full]
CALLS = sample_or_full(180, 5000)
"""By each of the two organisations."""
HANDS = 3
AGREEMENTS = "/agreements/v1/agreements"


@dataclass
class Side:
    """One organisation: what only it may ever see, and what it has been told."""

    name: str
    code: str
    person: str
    ports: tuple[int, int]
    exchange: Exchange
    canary: str = ""
    own: list[dict[str, Any]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    agreements: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    other: "Side | None" = None

    def __post_init__(self) -> None:
        self.canary = f"canary-{self.name}-{uuid.uuid4().hex[:6]}"

    def secrets(self) -> list[str]:
        """Texts and ids that are nobody else's."""
        ids = [each["consultationId"] for each in self.own]
        whole = {self.canary, self.person, f"hl-{self.name}", *ids, *self.lookups, *self.agreements}
        # What the other side has asked for stands in its own trail, as an id that it was refused.
        return sorted(whole - self.other.tried if self.other else whole)

    def call(self, http: httpx.Client, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One call, remembered."""
        content = None if body is None else json.dumps(body)
        url = f"http://127.0.0.1:{self.port(path)}{path}"
        answer = http.request(method, url, content=content, headers=self.headers(method, path, headers))
        self.answers[answer.status_code] += 1
        self.told.append(f"{answer.headers} {answer.text}")
        return answer

    def port(self, path: str) -> int:
        """Where the service behind a path is dialled: consultation, agreements."""
        return self.ports[path.startswith("/agreements/")]

    def headers(self, method: str, path: str, more: dict[str, str]) -> dict[str, str]:
        client = self.exchange.client(self.name)
        path = path.partition("?")[0]
        own = authorization(
            client.identity, client.token_for(path), method, self.exchange.base_url + path, self.exchange.clock()
        )
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {**own, "Samrad-Handler": f"hl-{self.name}", "Content-Type": "application/json", **named}

    def hang_up(self, method: str, path: str, body: bytes, after: float, *, whole: bool) -> None:
        """Send a request, or half of one, and leave without waiting for its answer."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers(method, path, {}).items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        with socket.create_connection(("127.0.0.1", self.port(path)), 5) as connection:
            sent = "\r\n".join(lines).encode() + (body if whole else body[: len(body) // 2])
            connection.sendall(sent)
            time.sleep(after)


class Hand:
    """One client of a side, that does this and that."""

    def __init__(self, side: Side, http: httpx.Client, seed: int) -> None:
        assert side.other is not None
        self.side, self.other, self.http = side, side.other, http
        self.chance = random.Random(seed)  # noqa: S311
        common = [self.open_one, self.read_one, self.read_all, self.foreign, self.leave]
        self.things: list[Callable[[], object]] = [
            *common * 3,
            *(self.leave_while_reading, self.look_up, self.agree, self.withdraw, self.withdraw_theirs),
            lambda: self.call("GET", f"{CONSULTATIONS}/{self.mine()}/events"),
            lambda: self.call("GET", "/consultation/v1/audit-entries?limit=50"),
            lambda: self.call("GET", "/agreements/v1/audit-entries?limit=50"),
            lambda: self.call("GET", f"{AGREEMENTS}?limit=100"),
            lambda: self.call("POST", CONSULTATIONS, {"question": side.canary}),
            lambda: self.call("POST", CONSULTATIONS, consultation_body(purpose="curiosity", question=side.canary)),
        ]

    def move(self) -> None:
        """Something."""
        self.chance.choice(self.things)()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.side.call(self.http, method, path, body, **headers)

    def mine(self) -> str:
        return self.chance.choice(self.side.own)["consultationId"] if self.side.own else NOBODY

    def of_theirs(self, ids: list[str]) -> str:
        ident = self.chance.choice(ids) if ids else NOBODY
        self.side.tried.add(ident)
        return ident

    def theirs(self) -> str:
        return self.of_theirs([each["consultationId"] for each in self.other.own])

    def open_one(self) -> None:
        mark = f"{self.side.canary}-{uuid.uuid4().hex[:8]}"
        body = consultation_body(question=mark, caseReference=mark, person=self.side.person)
        key = {"Idempotency_Key": mark} if self.chance.random() < 0.5 else {}
        opened = self.call("POST", CONSULTATIONS, body, **key)
        if opened.status_code == 201:
            self.side.own.append(opened.json())
            if key:
                again = self.call("POST", CONSULTATIONS, body, **key)
                assert again.json() == opened.json()

    def read_one(self) -> None:
        self.call("GET", f"{CONSULTATIONS}/{self.mine()}")

    def read_all(self) -> None:
        self.call("GET", f"{CONSULTATIONS}?limit=50")

    def withdraw(self) -> None:
        self.call("POST", f"{CONSULTATIONS}/{self.mine()}/withdrawals", If_Match='"1"')

    def withdraw_theirs(self) -> None:
        self.call("POST", f"{CONSULTATIONS}/{self.theirs()}/withdrawals", If_Match='"1"')

    def look_up(self) -> None:
        body = lookup_body("complete", self.side.exchange.clock(), caseReference=self.side.canary, sources=["SO"])
        made = self.call("POST", LOOKUPS, {**body, "person": self.side.person})
        if made.status_code == 200:
            self.side.lookups.append(made.json()["lookupId"])
            self.call("GET", f"{LOOKUPS}/{self.side.lookups[-1]}")

    def agree(self) -> None:
        parties = [{"organisationNumber": "2021002114"}, {"municipalityCode": self.side.code}]
        draft = {"kind": "project", "title": self.side.canary, "status": "draft", "validFrom": "2026-03-01"}
        made = self.call("POST", AGREEMENTS, {**draft, "parties": parties}, Idempotency_Key=uuid.uuid4().hex)
        if made.status_code == 201:
            self.side.agreements.append(made.json()["agreementId"])

    def foreign(self) -> None:
        for path in (
            f"{CONSULTATIONS}/{self.theirs()}",
            f"{LOOKUPS}/{self.of_theirs(self.other.lookups)}",
            f"{AGREEMENTS}/{self.of_theirs(self.other.agreements)}",
        ):
            assert self.call("GET", path).status_code == 404

    def leave(self) -> None:
        whole = self.chance.random() < 0.7
        body = json.dumps(consultation_body(question=self.side.canary, person=self.side.person)).encode()
        self.side.hang_up("POST", CONSULTATIONS, body, self.chance.random() * 0.006, whole=whole)

    def leave_while_reading(self) -> None:
        self.side.hang_up("GET", f"{CONSULTATIONS}/{self.mine()}", b"", self.chance.random() * 0.006, whole=True)


@pytest.fixture(scope="module")
def narrow(running: Exchange) -> Iterator[dict[str, int]]:
    """The services again, each with one connection to its database."""
    running.clock.back_to_now()
    settings = {"SAMRAD_CONSULTATION_POOL_SIZE": "1", "SAMRAD_AGREEMENTS_POOL_SIZE": "1"}
    with services_beside(running, settings) as ports:
        yield ports


def hammer(sides: tuple[Side, Side]) -> None:
    """All hands at once, until each side has made its calls."""
    barrier = threading.Barrier(HANDS * len(sides))

    def hand(side: Side, seed: int) -> None:
        with httpx.Client(timeout=60, trust_env=False) as http:
            moving = Hand(side, http, seed)
            barrier.wait(30)
            while side.answers.total() < CALLS:
                moving.move()

    with ThreadPoolExecutor(HANDS * len(sides)) as pool:
        for done in [pool.submit(hand, side, turn) for turn, side in enumerate(sides * HANDS)]:
            done.result()


@pytest.mark.parametrize("door", ["gateway", "services"])
def test_no_answer_ever_holds_the_others_data(exchange: Exchange, narrow: dict[str, int], door: str) -> None:
    """Through the gateway; and at the services themselves, where nothing stands between two clients."""
    ports = (narrow["gateway"],) * 2 if door == "gateway" else (narrow["consultation"], narrow["agreements"])
    umea = Side("umea", "2480", PERSONS["complete"].number, ports, exchange)
    malmo = Side("malmo", "1280", PERSONS["pensioner"].number, ports, exchange)
    umea.other, malmo.other = malmo, umea

    hammer((umea, malmo))

    for side in (umea, malmo):
        assert side.other is not None
        assert len(side.own) > CALLS / 20
        assert any(side.canary in told for told in side.told), "one's own data are told"
        found = [secret for secret in side.other.secrets() for told in side.told if secret in told]
        assert not found
        assert {200, 201, 403, 404, 422} <= set(side.answers)
        assert max(side.answers) < 500, side.answers
