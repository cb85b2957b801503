"""Who is let in: token and proof together, the scope, and the person that the client states."""

from typing import Any

import pytest
from starlette.requests import Request

from shared.problems import Problem, Words
from shared.tokens.caller import Caller, Gatekeeper
from shared.tokens.proofs import make_proof
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.scopes import Scope
from tests.unit.shared import given as g

CREATE = Scope("samrad:lookups.create", Words("Fråga", "Ask"))
FIGURES = Scope("samrad:lookups.read", Words("Läsa", "Read"), bearer_allowed=True)
OTHER = Scope("samrad:queue.work", Words("Arbeta", "Work"))
PATH = "/consultation/v1/lookups"
ADDRESS = "https://samrad.example" + PATH


def request(*headers: tuple[str, str], raw_path: bytes = PATH.encode(), method: str = "POST") -> Request:
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    state: dict[str, Any] = {"request_id": "r-1", "traceparent": b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01"}
    scope = {"type": "http", "method": method, "path": PATH, "raw_path": raw_path, "headers": sent, "state": state}
    return Request(scope)


def gatekeeper() -> Gatekeeper:
    return Gatekeeper(
        g.verifier(),
        InProcessReplayStore(),
        lambda: g.NOW,
        public_url="https://samrad.example/",
        actor_header="Samrad-Handler",
    )


def admitted(*headers: tuple[str, str], scope: Scope = CREATE, actor: bool = False, **more: Any) -> Caller:
    return g.run(gatekeeper().admit(request(*headers, **more), scope, actor_required=actor))


def bound(value: str, address: str = ADDRESS, method: str = "POST") -> list[tuple[str, str]]:
    return [
        ("Authorization", f"DPoP {value}"),
        ("DPoP", make_proof(g.CLIENT_KEY, method, address, g.NOW, value)),
    ]


def refused(*headers: tuple[str, str], **more: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        admitted(*headers, **more)
    return caught.value


def test_a_bound_token_with_its_proof_lets_its_client_in() -> None:
    caller = admitted(*bound(g.token()), ("Samrad-Handler", "hl-4711"), actor=True)

    assert (caller.organisation, caller.client_id, caller.actor) == ("0007:2120002627", "umea", "hl-4711")


def test_a_bound_token_sent_as_bearer_is_refused_with_and_without_its_proof() -> None:
    value = g.token()
    proof = ("DPoP", make_proof(g.CLIENT_KEY, "POST", ADDRESS, g.NOW, value))
    for headers in ([("Authorization", f"Bearer {value}")], [("Authorization", f"bearer {value}"), proof]):
        for scope in (CREATE, FIGURES):
            assert refused(*headers, scope=scope).kind.status == 401


def test_a_token_without_binding_is_good_only_as_bearer_and_only_where_that_is_enough() -> None:
    value = g.token(cnf=...)

    assert admitted(("Authorization", f"Bearer {value}"), scope=FIGURES).client_id == "umea"
    assert refused(("Authorization", f"Bearer {value}"), scope=CREATE).kind.status == 401
    assert refused(*bound(value), scope=FIGURES).kind.status == 401


def test_the_proof_is_held_to_the_public_address_and_the_path_as_it_came() -> None:
    raw = b"/consultation/v1/lookups/%C3%A5"
    public = "https://samrad.example" + raw.decode()

    admitted(*bound(g.token(), public), raw_path=raw)
    admitted(*bound(g.token(), public), raw_path=raw + b"?limit=1")
    refused(*bound(g.token(), "https://samrad.example/consultation/v1/lookups/å"), raw_path=raw)
    refused(*bound(g.token(), "http://127.0.0.1:8001" + PATH))
    refused(*bound(g.token()), method="GET")


@pytest.mark.parametrize("stated", ["", "Basic dTpw", "DPoP", "DPoP ", "Bearer", "Token x", "DPoP,Bearer x"])
def test_what_is_no_token_is_refused_with_the_challenges(stated: str) -> None:
    problem = refused(("Authorization", stated))

    assert problem.kind.status == 401
    assert problem.headers["WWW-Authenticate"].startswith("DPoP ")
    assert "Bearer" in problem.headers["WWW-Authenticate"]


def test_a_refusal_keeps_the_names_in_its_words() -> None:
    problem = refused(("Authorization", f"Bearer {g.token(cnf=...)}"))

    assert problem.detail == Words("Den här uppgiften kräver DPoP", "This operation requires DPoP")


def test_without_the_scope_the_refusal_names_it() -> None:
    problem = refused(*bound(g.token()), scope=OTHER)

    assert (problem.kind.code, problem.members) == ("scope_missing", {"requiredScope": "samrad:queue.work"})


@pytest.mark.parametrize("scope", ["samrad:lookups", "samrad:lookups.create.all", "SAMRAD:LOOKUPS.CREATE", "", "*"])
def test_a_scope_is_the_whole_name_or_none(scope: str) -> None:
    assert refused(*bound(g.token(scope=scope))).kind.code == "scope_missing"


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "x" * 65,
        "hl 1",
        "hl/1",
        "åsa",
        "a@b.se",
        "189001019802",
        "18900101-9802",
        "900101-9802",
        "id900101.9802",
        "hl\t1",
    ],
)
def test_a_person_is_stated_by_an_opaque_id_or_not_at_all(stated: str) -> None:
    assert refused(*bound(g.token()), ("Samrad-Handler", stated)).kind.code == "actor_required"


def test_a_person_stated_twice_is_nobody() -> None:
    twice = [("Samrad-Handler", "hl-1"), ("Samrad-Handler", "hl-2")]

    assert refused(*bound(g.token()), *twice).kind.code == "actor_required"


def test_a_person_is_required_where_one_is_needed() -> None:
    assert refused(*bound(g.token()), actor=True).kind.code == "actor_required"
    assert admitted(*bound(g.token()), actor=False).actor is None
