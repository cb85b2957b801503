"""Of a person with protected identity nothing that the sources said leaves, by whatever way an answer can be had."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from services.consultation.lookups.simulator.answers.common import failed
from services.consultation.lookups.sources.domain import SourceState
from tests.attack.support import sql
from tests.exchange import Exchange, lookup_body
from tests.service.given_persons import Answering, answering, somebody

pytestmark = [pytest.mark.requirement(13)]

BASE = "/consultation/v1"
LOOKUPS, HOUSEHOLDS = f"{BASE}/lookups", f"{BASE}/household-lookups"
OPENLY, ALLOWED = "umea", "umea-protected"
_CONTENT = ("data", "items", "parts", "messages", "deviations")
_MADE_OF_IT = ("payments", "changes", "consultationDrafts")


@pytest.fixture
def answer_like(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return answering(monkeypatch)


@pytest.fixture
def person(exchange: Exchange, answer_like: Answering) -> Iterator[str]:
    """Somebody of whom every source has something to tell, but for one that fails; marked by the end of the test."""
    found = somebody()
    answer_like(found, "complete", TNS=failed)
    yield found
    exchange.send("malmo", "POST", f"{BASE}/protected-persons/removals", {"person": found})


def mark(exchange: Exchange, person: str) -> None:
    assert exchange.send("malmo", "POST", f"{BASE}/protected-persons", {"person": person}).status_code == 201


def question(exchange: Exchange, person: str, **changes: Any) -> dict[str, Any]:
    return {**lookup_body("complete", exchange.clock(), comparison={"month": "2026-10"}, **changes), "person": person}


def household(exchange: Exchange, person: str) -> dict[str, Any]:
    body = question(exchange, person)
    del body["person"]
    return {**body, "persons": [{"person": person, "role": "applicant"}]}


def values(told: Any) -> set[str]:
    """Every text of a document, names of members aside."""
    if isinstance(told, dict):
        return set().union(*map(values, told.values()))
    if isinstance(told, list):
        return set().union(*map(values, told))
    return {told} if isinstance(told, str) else set()


def said(told: Any) -> set[str]:
    """What the sources said, and what was made of it, in an answer that is told in full."""
    content = [each[name] for each in told["sources"] for name in _CONTENT]
    return values(content) | values([told[name] for name in _MADE_OF_IT])


def every_way(exchange: Exchange, person: str, name: str) -> Iterator[tuple[str, Callable[[], httpx.Response]]]:
    """The ways to an answer about the person, begun before anybody has marked her: carry them out after."""
    whole, together, keys = question(exchange, person), household(exchange, person), [str(uuid.uuid4()) for _ in "12"]

    def send(path: str, body: Any = None, key: str | None = None, method: str = "POST") -> httpx.Response:
        return exchange.send(name, method, path, body, key=key)

    one, completed = (send(LOOKUPS, whole, key).json()["lookupId"] for key in (keys[0], None))
    several, completed_together = (
        send(HOUSEHOLDS, together, key).json()["householdLookupId"] for key in (keys[1], None)
    )
    more = [str(uuid.uuid4()) for _ in "12"]
    send(f"{LOOKUPS}/{completed}/completions", key=more[0])
    send(f"{HOUSEHOLDS}/{completed_together}/completions", key=more[1])
    yield "asked", lambda: send(LOOKUPS, whole)
    yield "asked with what was kept", lambda: send(LOOKUPS, whole, keys[0])
    yield "completed", lambda: send(f"{LOOKUPS}/{one}/completions")
    yield "completed with what was kept", lambda: send(f"{LOOKUPS}/{completed}/completions", key=more[0])
    yield "read", lambda: send(f"{LOOKUPS}/{one}", method="GET")
    yield "household", lambda: send(HOUSEHOLDS, together)
    yield "household with what was kept", lambda: send(HOUSEHOLDS, together, keys[1])
    yield "household completed", lambda: send(f"{HOUSEHOLDS}/{several}/completions")
    yield (
        "household completed with what was kept",
        lambda: send(f"{HOUSEHOLDS}/{completed_together}/completions", key=more[1]),
    )
    yield "household read", lambda: send(f"{HOUSEHOLDS}/{several}", method="GET")


def test_nothing_that_was_said_leaves_without_the_scope_for_it(exchange: Exchange, person: str) -> None:
    secrets = said(exchange.send(OPENLY, "POST", LOOKUPS, question(exchange, person)).json())
    ways = dict(every_way(exchange, person, OPENLY))
    mark(exchange, person)
    # Of whom nobody has anything, what is told when it is withheld is known to be no secret.
    nobody = somebody()
    mark(exchange, nobody)
    plain = values(exchange.send(OPENLY, "POST", LOOKUPS, question(exchange, nobody)).json())
    plain |= values(exchange.send(OPENLY, "POST", HOUSEHOLDS, household(exchange, nobody)).json())
    secrets -= plain | {state.value for state in SourceState}
    assert {"Exempelkassan", "Aktivitetsstöd"} <= secrets
    assert len(secrets) > 50

    for way, tell in ways.items():
        answer = tell()
        assert answer.status_code == 200, (way, answer.text)
        assert not (leaked := values(answer.json()) & secrets), (way, leaked)
        replayed = answer.headers.get("idempotent-replayed")
        assert replayed == ("true" if "kept" in way else None), way


def test_all_but_drafts_leaves_under_the_scope_for_it(exchange: Exchange, person: str) -> None:
    secrets = said(exchange.send(OPENLY, "POST", LOOKUPS, question(exchange, person)).json())
    ways = dict(every_way(exchange, person, ALLOWED))
    mark(exchange, person)

    for way, tell in ways.items():
        answer = tell()
        assert answer.status_code == 200, (way, answer.text)
        found = values(answer.json())
        assert ("Exempelkassan" in found) == ("read" not in way), way
        assert '"consultationDrafts":[{' not in answer.text, way
        assert '"withheld":true' not in answer.text, way
    assert "Exempelkassan" in secrets


def test_what_is_stored_of_a_withheld_look_up_holds_nothing_that_was_said(exchange: Exchange, person: str) -> None:
    told = exchange.send(OPENLY, "POST", LOOKUPS, question(exchange, person)).json()
    record = exchange.send(OPENLY, "GET", f"{LOOKUPS}/{told['lookupId']}").json()
    secrets = {each for each in said(told) if len(each) >= 6} - values(record)
    mark(exchange, person)
    withheld = exchange.send(OPENLY, "POST", LOOKUPS, question(exchange, person)).json()
    exchange.send(OPENLY, "POST", f"{LOOKUPS}/{withheld['lookupId']}/completions")

    stored = [
        str(row["text"])
        for table, key in {"lookup": "id", "lookup_attempt": "lookup_id", "audit_entry": "object_id"}.items()
        for row in sql(
            exchange,
            f"SELECT to_jsonb(t)::text AS text FROM {table} t WHERE {key}::text = $1",
            withheld["lookupId"],
        )
    ]
    assert len(stored) >= 6
    assert len(secrets) > 20
    assert not [(each, row) for each in secrets for row in stored if f'"{each}"' in row]
