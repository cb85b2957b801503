"""Messages as they leave the product, verified with the specification's own libraries of PyPI and npm."""

from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks

from shared.webhooks.signing import NotSigned, new_secret, verify
from tests.exchange import Exchange
from tests.interop.node import needs_node, run_script
from tests.webhooks import CONTACT, SUBSCRIPTIONS, Received, path_of, receiving


@pytest.fixture(scope="module")
def sent(running: Exchange) -> tuple[list[str], Received]:
    """Two secrets in force, the newer first, and a message of the product signed with both."""
    running.clock.back_to_now()
    with receiving() as receiver:
        wish = {"url": receiver.url, "eventTypes": ["*"], "contact": CONTACT}
        subscription = running.send("umea", "POST", SUBSCRIPTIONS, wish, key="interop").json()
        rotated = running.send("umea", "POST", path_of(subscription, "/secrets"), {"overlapHours": 1}).json()
        validated = running.send("umea", "POST", path_of(subscription, "/validations"))
        assert validated.json()["state"] == "active"
        running.send("umea", "DELETE", path_of(subscription))
        return [rotated["secret"], subscription["secret"]], receiver.challenges[0]


def test_the_library_of_pypi_verifies_a_message_by_either_secret(sent: tuple[list[str], Received]) -> None:
    secrets, message = sent
    for secret in secrets:
        told: Any = standardwebhooks.Webhook(secret).verify(message.body, dict(message.headers))
        assert told["type"] == "webhook.validation"
    for secret, body in ((new_secret(), message.body), (secrets[0], message.body + b" ")):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(body, dict(message.headers))


@needs_node
def test_the_library_of_npm_verifies_a_message_by_either_secret(sent: tuple[list[str], Received]) -> None:
    secrets, message = sent
    tried = [*((secret, message.body) for secret in (*secrets, new_secret())), (secrets[0], message.body + b" ")]
    plan = [{"secret": secret, "headers": dict(message.headers), "body": body.decode()} for secret, body in tried]
    answers = run_script("verify-webhook.mjs", {"messages": plan})["answers"]
    refused = {"refused": "Error"}
    assert [each.get("type", refused) for each in answers[:2]] == ["webhook.validation"] * 2
    assert all("refused" in each for each in answers[2:])


def test_what_the_library_of_pypi_signs_is_verified_here() -> None:
    secret, now, body = new_secret(), datetime.now(UTC), b'{"a":1}'
    signature = standardwebhooks.Webhook(secret).sign("msg_1", now, body.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1a,xyz v1,AAAA {signature}",
    }
    verify([new_secret(), secret], headers, body, now)
    with pytest.raises(NotSigned):
        verify([secret], headers, body + b" ", now)
