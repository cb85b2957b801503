"""The issuer's question about delegations: only a whole answer counts, and no answer is no token."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.gateway.tokens.delegations import AgreementsDelegations, DelegationsUnavailable
from services.gateway.tokens.keys import read_or_make_keys
from shared.tokens.keys import HeldKeys
from shared.tokens.proofs import check_proof
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.verifier import TokenVerifier, TrustedIssuer
from shared.transport.protocol import Answer, AnswerTooLarge, ConnectFailed, TimedOut, TransportError

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PUBLIC = "https://samrad.example"
DELEGATION = "6d0f8a54-7a3e-4f0c-9b1d-2f6c1f0e7a21"


class Register:
    """A transport that answers as it is told, and keeps what it was sent."""

    def __init__(self, answer: Any, status: int = 200) -> None:
        self.answer, self.status = answer, status
        self.sent: list[tuple[str, str, Mapping[str, str], Any]] = []

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float,
        max_answer_bytes: int,
    ) -> Answer:
        assert timeout_seconds <= 5, "a client waits for its token"
        assert max_answer_bytes <= 64 * 1024
        self.sent.append((method, url, headers, json.loads(body)))
        if isinstance(self.answer, TransportError):
            raise self.answer
        content = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return Answer(self.status, {}, content)


def delegations(register: Register, folder: Path) -> AgreementsDelegations:
    keys = read_or_make_keys(folder / "issuer.jwks", lambda: NOW)
    return AgreementsDelegations(register, "http://inside:8002", PUBLIC, "2021002114", keys, lambda: NOW)


def covering(register: Register, folder: Path) -> uuid.UUID | None:
    asking = delegations(register, folder)
    return asyncio.run(asking.covering("2120002627", "5599990008", ["samrad:lookups.create"]))


def test_a_yes_names_the_delegation_and_a_no_names_none(tmp_path: Path) -> None:
    yes, no = {"inForce": True, "delegationId": DELEGATION}, {"inForce": False, "delegationId": None}

    assert covering(Register(yes), tmp_path) == uuid.UUID(DELEGATION)
    assert covering(Register(no), tmp_path) is None


@pytest.mark.parametrize(
    "answer",
    [
        ConnectFailed(),
        TimedOut(),
        AnswerTooLarge(),
        TransportError(),
        b"",
        b"{",
        b"[" * 100_000,
        [],
        None,
        {},
        {"inForce": True},
        {"inForce": True, "delegationId": None},
        {"inForce": True, "delegationId": "1"},
        {"inForce": True, "delegationId": 1},
        {"delegationId": DELEGATION},
    ],
)
def test_half_an_answer_or_none_is_no_yes_and_no_no(answer: Any, tmp_path: Path) -> None:
    with pytest.raises(DelegationsUnavailable):
        covering(Register(answer), tmp_path)


@pytest.mark.parametrize("told", ["true", 1, [True], {"a": 1}])
def test_what_is_not_said_outright_is_not_a_yes(told: Any, tmp_path: Path) -> None:
    assert covering(Register({"inForce": told, "delegationId": DELEGATION}), tmp_path) is None


@pytest.mark.parametrize("status", [201, 301, 401, 403, 404, 422, 500, 503])
def test_any_other_status_is_no_answer(status: int, tmp_path: Path) -> None:
    with pytest.raises(DelegationsUnavailable):
        covering(Register({"inForce": True, "delegationId": DELEGATION}, status), tmp_path)


def test_the_question_goes_inside_with_a_token_of_its_own_for_nothing_else(tmp_path: Path) -> None:
    register = Register({"inForce": False, "delegationId": None})
    asking = delegations(register, tmp_path)
    asyncio.run(asking.covering("2120002627", "5599990008", ["samrad:lookups.create"]))

    ((method, url, headers, question),) = register.sent
    assert (method, url) == ("POST", "http://inside:8002/agreements/v1/delegation-checks")
    assert question == {"consumer": "2120002627", "supplier": "5599990008", "scopes": ["samrad:lookups.create"]}
    scheme, _, value = headers["Authorization"].partition(" ")
    trusted = TrustedIssuer(PUBLIC, HeldKeys(asking.keys.public), ("ES256",))
    verifier = TokenVerifier({PUBLIC: trusted}, frozenset((f"{PUBLIC}/agreements",)))

    async def verified() -> None:
        token, _ = await verifier.verify(value, NOW)
        assert (scheme, token.organisation) == ("DPoP", "0007:2021002114")
        assert token.scopes == {"samrad:delegations.check"}
        assert token.expires - NOW.timestamp() <= 60
        await check_proof(
            headers["DPoP"],
            method="POST",
            address=f"{PUBLIC}/agreements/v1/delegation-checks",
            now=NOW,
            replays=InProcessReplayStore(),
            access_token=value,
            bound_to=token.bound_to,
        )

    asyncio.run(verified())
