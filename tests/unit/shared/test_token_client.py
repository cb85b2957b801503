"""A token is fetched and used by rules, and an issuer that answers oddly is a refusal and never a fault."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.tokens.client import TokenRefused, read_token
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
