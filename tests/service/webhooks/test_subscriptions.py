"""Subscribing: validation, changes, secrets told once, and whose it is."""

import uuid
from typing import Any

import pytest
import standardwebhooks

from tests.exchange import NOBODY
from tests.webhooks import CONTACT, SUBSCRIPTIONS, Hooks, Receiver, path_of, receiving


def test_a_subscription_tells_its_secret_once_and_is_silent_until_it_is_validated(
    hooks: Hooks, receiver: Receiver
) -> None:
    wish = {"url": receiver.url, "eventTypes": ["*"], "contact": CONTACT}
    key = str(uuid.uuid4())
    made = hooks.send("umea", "POST", SUBSCRIPTIONS, wish, key=key)
    again = hooks.send("umea", "POST", SUBSCRIPTIONS, wish, key=key)
    subscription = made.json()
    hooks.open()
    hooks.work()

    assert made.headers["Location"].endswith(subscription["webhookSubscriptionId"])
    assert subscription["secret"].startswith("whsec_")
    assert (again.json()["webhookSubscriptionId"], again.json()["secret"]) == (
        subscription["webhookSubscriptionId"],
        None,
    )
    read = hooks.send("umea", "GET", path_of(subscription))
    assert (read.json()["state"], read.headers["ETag"]) == ("pending", '"1"')
    assert "secret" not in read.json()
    assert receiver.received == []

    assert hooks.send("umea", "POST", path_of(subscription, "/validations")).json()["state"] == "active"
    [challenge] = receiver.challenges
    standardwebhooks.Webhook(subscription["secret"]).verify(challenge.body, dict(challenge.headers))
    hooks.work()
    assert receiver.received == [], "what happened before is not told"


@pytest.mark.parametrize("fault", ["silent", "redirect", "error", "down"])
def test_a_receiver_that_does_not_echo_is_not_activated(hooks: Hooks, receiver: Receiver, fault: str) -> None:
    subscription = hooks.subscribe("umea", receiver, validate=False)
    statuses = {"redirect": 302, "error": 500}
    receiver.echoes = False
    if fault in statuses:
        receiver.take = lambda _: (statuses[fault], b"{}")  # type: ignore[method-assign, assignment]
    if fault == "down":
        receiver.down()

    answer = hooks.send("umea", "POST", path_of(subscription, "/validations"))

    if fault == "down":
        receiver.up()
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook_not_validated")
    outcomes = {"silent": "not_echoed", "redirect": "redirected", "error": "refused", "down": "not_connected"}
    assert answer.json()["outcome"] == outcomes[fault]
    assert hooks.send("umea", "GET", path_of(subscription)).json()["state"] == "pending"


def test_another_address_is_validated_anew_and_told_what_happened_meanwhile(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    with receiving() as moved:
        wish = {"url": moved.url, "eventTypes": ["*"], "contact": CONTACT}
        stale = hooks.send("umea", "PUT", path_of(subscription), wish, version=1)
        changed = hooks.send("umea", "PUT", path_of(subscription), wish, version=2)
        hooks.open()
        hooks.work()
        assert stale.json()["code"] == "version_changed"
        assert changed.json()["state"] == "pending"
        assert receiver.received == moved.received == []

        hooks.send("umea", "POST", path_of(subscription, "/validations"))
        hooks.work()
        assert [event["type"] for event in moved.events] == ["consultation.opened"]


def test_a_removed_subscription_is_gone_at_once_and_erased_soon(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    receiver.respond = lambda _: (500, b"")
    hooks.open()
    hooks.work()
    assert len(receiver.received) == 1

    removed = hooks.send("umea", "DELETE", path_of(subscription))
    hooks.pass_by(hours=1)
    hooks.work(2)

    assert removed.status_code == 200, removed.text
    assert hooks.send("umea", "GET", path_of(subscription)).status_code == 404
    assert len(receiver.received) == 1
    for table in ("webhook_subscription", "webhook_secret", "webhook_delivery", "webhook_attempt"):
        assert hooks.rows(f"SELECT 1 FROM {table}") == [], table


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "https://127.0.0.1/in"}, "webhook_address_refused"),
        ({"url": "https://user@hook.kommun.example/"}, "webhook_address_refused"),
        ({"url": "http://hook.kommun.example/"}, "webhook_address_refused"),
        ({"url": "https://hook.kommun.example:22/"}, "webhook_address_refused"),
        ({"url": ""}, "malformed_request"),
        ({"url": "https://hook.kommun.example/" + "x" * 2048}, "malformed_request"),
        ({"eventTypes": []}, "malformed_request"),
        ({"eventTypes": ["consultation.eaten"]}, "malformed_request"),
        ({"contact": {"function": "Jour", "email": "a@b.example, c@d.example"}}, "malformed_request"),
        ({"contact": {"function": "Jour\r\nBcc: x", "email": "a@b.example"}}, "malformed_request"),
        ({"contact": {"function": "", "email": "a@b.example"}}, "malformed_request"),
        ({"secret": "whsec_mine"}, "malformed_request"),
    ],
    ids=str,
)
def test_an_unfit_subscription_is_refused_whole(hooks: Hooks, changes: dict[str, Any], code: str) -> None:
    wish = {"url": "https://hook.kommun.example/in", "eventTypes": ["*"], "contact": CONTACT, **changes}

    answer = hooks.send("umea", "POST", SUBSCRIPTIONS, wish)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert hooks.send("umea", "GET", SUBSCRIPTIONS).json()["webhookSubscriptions"] == []


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("/secrets", {"overlapHours": -1}),
        ("/secrets", {"overlapHours": 169}),
        ("/samples", {"eventType": "*"}),
        ("/replays", {"since": "2026-11-20T00:00:00"}),
        ("/replays", {"since": "0001-01-01T00:00:00+14:00"}),
        ("/replays", {"since": "igår"}),
        ("/replays", {}),
    ],
    ids=str,
)
def test_unfit_wishes_of_a_subscription_are_refused(
    hooks: Hooks, receiver: Receiver, action: str, body: dict[str, Any]
) -> None:
    subscription = hooks.subscribe("umea", receiver)
    answer = hooks.send("umea", "POST", path_of(subscription, action), body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")


def test_another_organisations_subscription_is_not_there(hooks: Hooks, receiver: Receiver) -> None:
    theirs = hooks.subscribe("malmo", receiver)
    nobodys = {"webhookSubscriptionId": NOBODY}
    for method, action, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "", {"url": receiver.url, "eventTypes": ["*"], "contact": CONTACT}),
        ("POST", "/validations", None),
        ("POST", "/secrets", None),
        ("POST", "/samples", None),
        ("POST", "/replays", {"since": "2026-01-01T00:00:00Z"}),
        ("GET", "/deliveries", None),
    ):
        answers = [
            hooks.send("umea", method, path_of(each, action), body, version=2 if method == "PUT" else None)
            for each in (theirs, nobodys)
        ]
        assert [each.status_code for each in answers] == [404, 404], (method, action)
    assert len(receiver.challenges) == 1
