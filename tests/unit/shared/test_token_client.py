"""A token is fetched and used by rules, and an issuer that answers oddly is a refusal and never a fault."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from joserfc.jwk import ECKey

from shared.tokens.client import ClientIdentity, ServiceTokens, TokenRefused, read_token
from tests.unit.shared import given as g

GOOD = {"access_token": "a.b.c", "token_type": "DPoP", "expires_in": 300}


def answer(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())


def test_a_token_is_used_until_half_a_minute_before_it_ends() -> None:
    held = read_token(answer(GOOD), g.NOW)

    assert held.usable(g.NOW)
    assert held.usable(g.NOW + timedelta(seconds=269))
    assert not held.usable(g.NOW + timedelta(seconds=270))


def test_a_token_from_the_future_of_a_clock_that_was_set_back_is_not_used() -> None:
    assert not read_token(answer(GOOD), g.NOW).usable(g.NOW - timedelta(seconds=6))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"<html>", 502, "http_502"),
        (b"", 200, "http_200"),
        ([], 400, "http_400"),
        ([], 200, "http_200"),
        ("text", 400, "http_400"),
        ({}, 503, "http_503"),
        ({"error": "invalid_client"}, 401, "invalid_client"),
        ({}, 200, "unreadable_answer"),
        ({**GOOD, "expires_in": None}, 200, "unreadable_answer"),
        ({**GOOD, "expires_in": "soon"}, 200, "unreadable_answer"),
        ({"access_token": "a.b.c"}, 200, "unreadable_answer"),
    ],
)
def test_an_answer_that_holds_no_token_is_a_refusal(body: Any, status: int, error: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        read_token(answer(body, status), g.NOW)

    assert caught.value.error == error


TOKEN_URL = "https://issuer.example/token"
API = "https://api.example/answers"


def held(
    play: Callable[[ServiceTokens], Awaitable[Any]], *answers: httpx.Response, bound: bool = True
) -> tuple[Any, list[httpx.Request]]:
    """What is made of the tokens of an issuer that gives these answers, and what it was sent."""

    async def run() -> Any:
        async with httpx.AsyncClient() as http:
            identity = ClientIdentity("c", ECKey.generate_key("P-256", private=True), "issuer", TOKEN_URL, TOKEN_URL)
            tokens = ServiceTokens(identity, http, lambda: g.NOW, resource=API, scopes=("read",), bound=bound)
            return await play(tokens)

    with respx.mock() as router:
        route = router.post(TOKEN_URL).mock(side_effect=list(answers))
        made = asyncio.run(run())
        return made, [call.request for call in route.calls]


def named(name: str, kind: str = "Bearer") -> httpx.Response:
    return answer({**GOOD, "access_token": name, "token_type": kind})


def test_many_calls_at_once_share_one_token() -> None:
    async def play(tokens: ServiceTokens) -> list[Mapping[str, str]]:
        return await asyncio.gather(*(tokens.headers("POST", API) for _ in range(20)))

    made, sent = held(play, named("first"))

    assert {each["Authorization"] for each in made} == {"Bearer first"}
    assert len(sent) == 1


def test_a_token_that_was_not_accepted_is_fetched_anew_once_however_many_calls_it_was_used_for() -> None:
    async def play(tokens: ServiceTokens) -> list[str]:
        first = await tokens.headers("POST", API)
        tokens.forget(first)
        second = await tokens.headers("POST", API)
        tokens.forget(first)
        third = await tokens.headers("POST", API)
        return [each["Authorization"] for each in (first, second, third)]

    made, sent = held(play, named("first"), named("second"))

    assert made == ["Bearer first", "Bearer second", "Bearer second"]
    assert len(sent) == 2


@pytest.mark.parametrize("bound", [True, False])
def test_a_token_is_bound_to_the_key_only_when_that_is_asked_for(bound: bool) -> None:
    async def play(tokens: ServiceTokens) -> Mapping[str, str]:
        return await tokens.headers("POST", API)

    made, (sent,) = held(play, named("t", "DPoP" if bound else "Bearer"), bound=bound)

    assert ("DPoP" in made) is bound
    assert ("dpop" in sent.headers) is bound
    form = parse_qs(sent.content.decode())
    assert (form["resource"], form["scope"], form["client_id"]) == ([API], ["read"], ["c"])


def test_an_endless_answer_is_a_refusal() -> None:
    async def play(tokens: ServiceTokens) -> None:
        with pytest.raises(TokenRefused, match="answer_too_large"):
            await tokens.headers("POST", API)

    held(play, httpx.Response(200, content=b"x" * 100_000))
