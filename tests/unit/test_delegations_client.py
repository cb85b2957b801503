"""The client of the agreements service that asks whether a delegation is in force: only an outright yes is one."""

import asyncio
import gzip
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from joserfc.jwk import ECKey

from services.consultation.delegations.agreements import AgreementsDelegations
from shared.http.answers import MAX_BYTES
from shared.problems import Problem
from shared.tokens.acting import Acting
from shared.tokens.client import ClientIdentity, ServiceTokens

ISSUER = "https://issuer.example"
AGREEMENTS = "https://agreements.example"
CHECKS = f"{AGREEMENTS}/agreements/v1/delegation-checks"
DELEGATION = "6d0f8a54-7a3e-4f0c-9b1d-2f6c1f0e7a21"
YES = {"inForce": True, "delegationId": DELEGATION}


def ask() -> bool:
    async def play() -> bool:
        async with httpx.AsyncClient() as http:
            key = ECKey.generate_key("P-256", private=True)
            identity = ClientIdentity("consultation", key, ISSUER, f"{ISSUER}/oauth/token", f"{ISSUER}/oauth/token")
            now = datetime(2026, 11, 20, 12, tzinfo=UTC)
            tokens = ServiceTokens(identity, http, lambda: now, resource=f"{ISSUER}/agreements", scopes=("check",))
            asking = AgreementsDelegations(http, tokens, url=AGREEMENTS, public_url=AGREEMENTS)
            acting = Acting("0007:5599990008", uuid.UUID(DELEGATION))
            return await asking.still_allowed(acting, "0007:2120002627", frozenset(("b", "a")))

    return asyncio.run(play())


@pytest.fixture
def world() -> Any:
    with respx.mock(assert_all_called=False) as router:
        token = {"access_token": "t", "token_type": "DPoP", "expires_in": 300}
        router.post(f"{ISSUER}/oauth/token").respond(200, json=token)
        yield router


def test_the_question_names_both_sides_all_scopes_and_the_delegation(world: respx.MockRouter) -> None:
    asked = world.post(CHECKS, json__eq=question()).respond(200, json=YES)

    assert ask() is True
    assert asked.called


def question() -> dict[str, Any]:
    return {"consumer": "2120002627", "supplier": "5599990008", "scopes": ["a", "b"], "delegationId": DELEGATION}


@pytest.mark.parametrize(
    "told",
    [
        {"inForce": False, "delegationId": None},
        {"inForce": "true", "delegationId": DELEGATION},
        {"inForce": 1, "delegationId": DELEGATION},
        {"inForce": True, "delegationId": str(uuid.UUID(int=1))},
        {"inForce": True, "delegationId": None},
    ],
)
def test_anything_but_an_outright_yes_about_this_delegation_is_a_no(world: respx.MockRouter, told: Any) -> None:
    world.post(CHECKS).respond(200, json=told)

    assert ask() is False


@pytest.mark.parametrize("status", [201, 301, 400, 401, 403, 404, 422, 500, 503])
def test_any_other_status_is_503_and_no_answer(world: respx.MockRouter, status: int) -> None:
    world.post(CHECKS).respond(status, json=YES)

    assert refused() == "unavailable"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b'{"inForce": true}'])
def test_half_an_answer_is_503_and_no_answer(world: respx.MockRouter, content: bytes) -> None:
    world.post(CHECKS).respond(200, content=content)

    assert refused() == "unavailable"


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (json.dumps(YES).encode() + b" " * MAX_BYTES, {}),
        (gzip.compress(json.dumps(YES).encode(), mtime=0), {"Content-Encoding": "gzip"}),
        (b'{"inForce": true, "more": ' + b"[" * 100_000, {}),
    ],
)
def test_an_answer_beyond_all_bounds_is_503_and_no_answer(
    world: respx.MockRouter, content: bytes, headers: dict[str, str]
) -> None:
    world.post(CHECKS).respond(200, content=content, headers=headers)

    assert refused() == "unavailable"


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_a_register_that_does_not_answer_is_503(world: respx.MockRouter, fault: type[httpx.HTTPError]) -> None:
    world.post(CHECKS).mock(side_effect=fault)

    assert refused() == "unavailable"


def test_a_token_that_is_not_given_is_503(world: respx.MockRouter) -> None:
    world.post(f"{ISSUER}/oauth/token").respond(400, json={"error": "invalid_scope"})

    assert refused() == "unavailable"


def refused() -> str:
    with pytest.raises(Problem) as caught:
        ask()
    return caught.value.kind.code
