"""A marker number is put in every place that a client can reach; it must come out in none."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from services.consultation.lookups.simulator.persons import PERSONS, number
from services.gateway.scopes import CATALOGUE
from services.gateway.tokens.demo import demo_identity
from shared.clock import system_clock
from shared.tokens.client import MachineClient, authorization, token_request
from tests.exchange import NOBODY, lookup_body
from tests.instance import Instance, started
from tests.openapi_check import SERVICES, document
from tests.sizes import fewer_persons, sample_or_full, scattered

MARKER = number("18981212", "980")
FORMS = (MARKER, MARKER[2:], f"{MARKER[:8]}-{MARKER[8:]}", f"{MARKER[2:8]}-{MARKER[8:]}", f"{MARKER[2:8]}+{MARKER[8:]}")
HEADERS = (
    *("Authorization", "DPoP", "Samrad-Handler", "Idempotency-Key", "If-Match", "If-None-Match", "Accept"),
    *("Accept-Language", "Content-Type", "User-Agent", "Traceparent", "Tracestate", "X-Request-Id", "X-Forwarded-For"),
    *("Cookie", "Referer", "Origin", "X-Person"),
)


class Probe:
    """Sends what it is told and keeps every refusal."""

    def __init__(self, instance: Instance, http: httpx.Client) -> None:
        self.instance, self._http = instance, http
        self.refusals: list[tuple[str, str]] = []
        self.sent = 0
        url = instance.base_url
        names = {
            service: [scope.name for scope in scopes if scope.name != "samrad:decisions.make"]
            for service, scopes in CATALOGUE.items()
        }
        self._clients = {
            name: MachineClient(
                demo_identity(instance.home / "clients", name, public_url=url),
                http,
                system_clock,
                resources={f"/{service}/": f"{url}/{service}" for service in CATALOGUE},
                scopes={f"{url}/{service}": self._held(name, names[service]) for service in CATALOGUE},
            )
            for name in ("umea", "af-workbench")
        }

    def _held(self, name: str, wanted: list[str]) -> list[str]:
        registry = json.loads((self.instance.home / "clients" / "clients.json").read_text("utf-8"))["clients"]
        entry = next(client for client in registry if client["clientId"] == name)
        return [scope for scope in wanted if scope in entry["scopes"]]

    def send(
        self, method: str, path: str, *, name: str = "umea", headers: dict[str, str] | None = None, content: Any = None
    ) -> None:
        """Once through the gateway and once past it, straight at the service."""
        own = {"Samrad-Handler": "hl-1", "If-Match": '"1"'}
        if content is not None:
            own["Content-Type"] = "application/json"
        ports = {"/consultation/": self.instance.port + 1, "/agreements/": self.instance.port + 2}
        direct = next((port for prefix, port in ports.items() if path.startswith(prefix)), self.instance.port)
        for port in {self.instance.port, direct}:
            signed = self._signed(name, method, path)
            self._keep(
                f"{method} {path} {list(headers or {})}",
                self._http.request(
                    method,
                    f"http://127.0.0.1:{port}{path}",
                    headers={**signed, **own, **(headers or {})},
                    content=content if content is None or isinstance(content, bytes) else json.dumps(content).encode(),
                ),
            )

    def answer(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """What is told to a request that is carried out, once through the gateway."""
        headers = {**self._signed("umea", method, path), "Samrad-Handler": "hl-1", "Content-Type": "application/json"}
        answer = self._http.request(
            method, self.instance.base_url + path, headers=headers, content=json.dumps(content).encode()
        )
        assert answer.status_code == 200, path
        self.sent += 1
        told: dict[str, Any] = answer.json()
        return told

    def _signed(self, name: str, method: str, path: str) -> dict[str, str]:
        client = self._clients[name]
        try:
            token = client.token_for(path)
        except Exception:
            return {}
        return authorization(client.identity, token, method, self.instance.base_url + path, system_clock())

    def form(self, fields: dict[str, str], headers: dict[str, str] | None = None) -> None:
        """A token request."""
        answer = self._http.post(f"{self.instance.base_url}/oauth/token", data=fields, headers=headers)
        self._keep(f"token {list(fields)}", answer)

    def _keep(self, what: str, answer: httpx.Response) -> None:
        self.sent += 1
        assert answer.status_code != 500, what
        if answer.status_code >= 400:
            self.refusals.append((what, answer.text + str(answer.headers)))


@pytest.fixture(scope="module")
def probed() -> Iterator[tuple[Probe, str]]:
    """A product of its own at the most talkative log level; answers the probe and all that has been logged."""
    with started(more={"SAMRAD_LOG_LEVEL": "DEBUG"}) as instance, httpx.Client(timeout=60, trust_env=False) as http:
        instance.await_ready()
        probe = Probe(instance, http)
        attack(probe)
        in_earnest(probe)
        instance.interrupt()
        logs = [instance.log, *Path(instance.home).rglob("*.log*")]
        yield probe, "\n".join(file.read_text("utf-8", "replace") for file in logs)


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def attack(probe: Probe) -> None:
    in_addresses(probe)
    in_headers(probe)
    in_bodies(probe)
    in_token_requests(probe)
    # About sources that nothing before has asked alone, so that the register is asked anew.
    body = {**lookup_body("complete", system_clock(), sources=["MIV"]), "person": MARKER}
    probe.send("POST", "/consultation/v1/lookups", headers={"traceparent": TRACE}, content=body)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation; by default every eighth, since each is asked some thirty times, with what all have in common."""
    every = [
        (method.upper(), f"/{service}/v1{template}", operation)
        for service in SERVICES
        for template, item in document(service)["paths"].items()
        for method, operation in item.items()
    ]
    return every[:: sample_or_full(8, 1)]


def filled(template: str, value: str) -> str:
    start, _, rest = template.partition("{")
    return f"{start}{value}{rest.partition('}')[2]}" if rest else template


def in_addresses(probe: Probe) -> None:
    for method, template, operation in operations():
        body = example(operation)
        probe.send(method, filled(template, MARKER), content=body)
        probe.send(method, f"{filled(template, NOBODY)}/{MARKER}", content=body)
        probe.send(method, f"{filled(template, NOBODY)}?person={MARKER}", content=body)
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                probe.send(method, f"{filled(template, NOBODY)}?{parameter['name']}={MARKER}", content=body)
    for path in (f"/{MARKER}", f"/consultation/{MARKER}", f"/consultation/v1/../{MARKER}", f"/oauth/{MARKER}"):
        probe.send("GET", path)
        probe.send("POST", path, content={})


def in_headers(probe: Probe) -> None:
    body = {"person": MARKER}
    for turn, header in enumerate(HEADERS):
        for value in scattered((MARKER, f'"{MARKER}"', f"Bearer {MARKER}"), turn, 3):
            probe.send("GET", f"/consultation/v1/consultations/{NOBODY}", headers={header: value})
            probe.send("POST", "/consultation/v1/lookups", headers={header: value}, content=body)
    traced = f"00-{MARKER}{'0' * 20}-{'1' * 16}-01"
    probe.send("GET", f"/consultation/v1/consultations/{NOBODY}", headers={"traceparent": traced})


def in_bodies(probe: Probe) -> None:
    for turn, (method, template, operation) in enumerate(operations()):
        body = example(operation)
        if body is None:
            continue
        name = "af-workbench" if "queue.work" in str(operation.get("security")) else "umea"
        path = filled(template, NOBODY)
        for spoiled in spoilt(body, turn):
            probe.send(method, path, name=name, content=spoiled)
        whole = json.dumps({**body, "person": MARKER})
        cut = (whole[:-1], whole + MARKER, MARKER, f'"{MARKER}"', f"[{MARKER}]", f'{{"{MARKER}"', "{" * 500 + MARKER)
        for broken in scattered(cut, turn, 2):
            probe.send(method, path, name=name, content=broken.encode())
        probe.send(method, path, name=name, content=whole.encode("utf-16"))
        probe.send(method, path, name=name, content=b"\xff" + MARKER.encode())


def spoilt(body: dict[str, Any], turn: int) -> Iterator[Any]:
    yield {**body, MARKER: 1}
    yield {**body, "unknown": MARKER}
    yield [body, MARKER]
    values = (
        *(MARKER, int(MARKER), [MARKER], {MARKER: MARKER}),
        *(MARKER * 2000, f"{MARKER}\u0000", f"\ud800{MARKER}"),
    )
    for place, field in enumerate(body, turn):
        for value in scattered(values, place, 2):
            yield {**body, field: value}


def in_token_requests(probe: Probe) -> None:
    url = probe.instance.base_url
    identity = demo_identity(probe.instance.home / "clients", "umea", public_url=url)
    form, headers = token_request(
        identity, f"{url}/consultation", ["samrad:lookups.create"], system_clock(), bound=True
    )
    for field in (*form, "unknown"):
        probe.form({**form, field: MARKER}, headers)
    probe.form(form, {"DPoP": MARKER})
    key = ECKey.generate_key("P-256", private=True)
    stranger = type(identity)(MARKER, key, identity.issuer, identity.token_url, identity.public_token_url)
    form, headers = token_request(stranger, f"{url}/consultation", [MARKER], system_clock(), bound=True)
    probe.form(form, headers)


def in_earnest(probe: Probe) -> None:
    body = {
        "caseReference": "EB-1",
        "purpose": "financial_aid_application",
        "period": {"from": "2026-09-01", "to": "2026-11-01"},
    }
    before = probe.sent
    for person in map(PERSONS.__getitem__, fewer_persons(PERSONS)):
        if not person.delay_seconds:
            probe.send("POST", "/consultation/v1/lookups", content={**body, "person": person.number})
    household = {**body, "persons": [{"person": PERSONS["fk_failed"].number, "role": "applicant"}]}
    for lookups, content in (
        ("lookups", {**body, "person": PERSONS["fk_failed"].number}),
        ("household-lookups", household),
    ):
        told = probe.answer("POST", f"/consultation/v1/{lookups}", content)
        (made,) = [told[name] for name in ("lookupId", "householdLookupId") if name in told]
        probe.send("POST", f"/consultation/v1/{lookups}/{made}/completions")
        probe.send("GET", f"/consultation/v1/{lookups}/{made}")
    assert probe.sent - before > 50


def example(operation: dict[str, Any]) -> dict[str, Any] | None:
    body = operation.get("requestBody")
    documented = None if body is None else body["content"].get("application/json")
    return None if documented is None else dict(documented["example"])


@pytest.mark.requirement(106)
def test_no_error_body_or_header_repeats_it(probed: tuple[Probe, str]) -> None:
    probe, _ = probed
    assert len(probe.refusals) > 300
    repeated = [what for what, told in probe.refusals if any(form in told for form in FORMS)]
    assert repeated == []


@pytest.mark.requirement(106)
def test_no_log_line_of_any_process_holds_it(probed: tuple[Probe, str]) -> None:
    _, logs = probed
    assert '"message": "answered"' in logs, "the log was really on"
    assert "database system is ready" in logs, "the database's log was read too"
    found = [form for form in FORMS if form in logs]
    assert found == []


def test_every_line_of_a_request_can_be_found_by_its_trace_in_every_service(probed: tuple[Probe, str]) -> None:
    _, logs = probed
    lines = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["message"] == "answered"]
    traced = [line for line in lines if line.get("trace") == TRACE]

    assert {line["service"] for line in answered if line["trace"] == TRACE} == {"gateway", "consultation", "agreements"}
    assert len({line["requestId"] for line in traced}) >= 3
    assert all(line["requestId"] and line["trace"] for line in answered)


def test_the_same_holds_for_persons_that_are_looked_up_in_earnest(probed: tuple[Probe, str]) -> None:
    _, logs = probed
    assert [person.number for person in PERSONS.values() if person.number in logs or person.number[2:] in logs] == []
