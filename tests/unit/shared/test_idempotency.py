"""What makes two requests the same, and what is kept of an answer. The rest is shown through the door."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.idempotency import Attempt, Ledger, attempted
from shared.problems import Problem
from shared.tokens.caller import Caller
from shared.vault import CannotOpen, Vault
from tests.unit.shared import given as g

LEDGER = Ledger(Vault(bytes(32), bytes(range(32))))


def attempt(key: str | None = "k-1", **changes: Any) -> Attempt | None:
    told = {"method": "POST", "path": "/v1/a", "if_match": '"1"', "body": b"{}", "actor": "hl-1", **changes}
    headers = [(b"if-match", told["if_match"].encode())]
    if key is not None:
        headers.append((b"idempotency-key", key.encode("latin-1")))
    caller = Caller("0007:2120002627", "umea", frozenset(), "t-1", told["actor"], "r-1", "")
    state = {"body": told["body"], "caller": caller}
    scope = {"type": "http", "method": told["method"], "path": told["path"], "headers": headers, "state": state}
    return g.run(attempted(Request(scope)))


def test_without_a_key_there_is_no_attempt() -> None:
    assert attempt(None) is None


def test_the_same_request_has_the_same_hashes_and_neither_key_nor_body_stands_in_them() -> None:
    one = attempt(body=b'{"person": "189001019802"}')

    assert one == attempt(body=b'{"person": "189001019802"}')
    assert one is not None
    assert (len(one.key_hash), len(one.request_hash)) == (32, 32)
    assert b"189001019802" not in one.request_hash + one.key_hash


@pytest.mark.parametrize(
    "changes",
    [{"method": "PUT"}, {"path": "/v1/b"}, {"if_match": '"2"'}, {"body": b"{ }"}, {"body": b""}, {"actor": "hl-2"}],
    ids=str,
)
def test_another_request_under_the_same_key_is_another(changes: dict[str, Any]) -> None:
    one, other = attempt(), attempt(**changes)

    assert one is not None
    assert other is not None
    assert one.key_hash == other.key_hash
    assert one.request_hash != other.request_hash


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_unfit_length_is_refused(key: str) -> None:
    with pytest.raises(Problem) as caught:
        attempt(key)

    assert caught.value.kind.status == 400


@pytest.mark.parametrize("key", ["x" * 255, "å", "'; DROP TABLE x; --", "a b"])
def test_a_key_may_be_any_text_of_fit_length(key: str) -> None:
    assert attempt(key) is not None


def test_a_kept_answer_is_sealed_and_keeps_only_what_belongs_to_it() -> None:
    headers = {"Location": "/x", "ETag": '"1"', "Set-Cookie": "s=1", "X-Other": "y"}
    kept = LEDGER.kept(Response(b'{"person":"189001019802"}', 201, headers, "application/json"))

    assert kept["status"] == 201
    assert b"189001019802" not in kept["body"]
    assert "Set-Cookie" not in kept["headers"]
    assert "cookie" not in kept["headers"]
    with pytest.raises(CannotOpen):
        LEDGER.vault.open(kept["body"], "person-number")
