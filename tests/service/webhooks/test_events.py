"""What a subscriber is told, and how it is signed."""

import uuid

import pytest
import standardwebhooks

from shared.webhooks.signing import verify
from tests.attack.support import BASE
from tests.webhooks import Hooks, Received, Receiver, path_of, receiving


def test_a_subscriber_is_told_of_each_event_by_reference_alone_and_in_order(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    consultation = hooks.open(caseReference="EB-HEMLIGT-1")
    hooks.answer(consultation)

    hooks.work()

    assert [event["type"] for event in receiver.events] == [
        "consultation.opened",
        "consultation.claimed",
        "consultation.answered",
    ]
    event, message = receiver.events[0], receiver.received[0]
    assert message.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert message.headers["webhook-id"] == event["id"]
    assert event == {
        "specversion": "1.0",
        "id": event["id"],
        "source": hooks.exchange.base_url + BASE,
        "type": "consultation.opened",
        "time": event["time"],
        "subject": consultation,
        "sequence": "1",
        "datacontenttype": "application/json",
        "data": {"consultationId": consultation, "sequence": 1, "state": "received", "sample": False},
    }
    [whole] = [
        hooks.send("umea", "GET", f"{BASE}/webhook-deliveries/{each['webhookDeliveryId']}").json()
        for each in hooks.deliveries(subscription)[:1]
    ]
    assert (whole["status"], whole["attemptCount"], whole["eventId"]) == ("delivered", 1, event["id"])
    [attempt] = whole["attempts"]
    assert (attempt["outcome"], attempt["httpStatus"]) == ("delivered", 204)


def test_only_types_that_were_asked_for_are_told_and_only_of_ones_own(hooks: Hooks) -> None:
    with receiving() as some, receiving() as others:
        hooks.subscribe("umea", some, "consultation.answered")
        hooks.subscribe("malmo", others)
        hooks.answer(hooks.open())
        hooks.work()
        assert [event["type"] for event in some.events] == ["consultation.answered"]
        assert others.events == []


def test_what_only_the_answering_side_sees_is_told_to_it_alone(hooks: Hooks) -> None:
    with receiving() as asking, receiving() as answering:
        hooks.subscribe("umea", asking)
        hooks.subscribe("af-workbench", answering)
        consultation = hooks.open()
        hooks.act("af-workbench", consultation, "claims", 1)
        hooks.act("af-workbench", consultation, "releases", 2)
        hooks.work()

        kinds = ["consultation.opened", "consultation.claimed", "consultation.released"]
        assert [event["type"] for event in answering.events] == kinds
        assert [event["type"] for event in asking.events] == kinds[:2]
        # Each side's copy of an event has the event's own id.
        assert answering.events[0]["id"] == asking.events[0]["id"]


def test_a_restricted_consultation_is_told_only_where_the_special_scope_has_been(hooks: Hooks) -> None:
    with receiving() as ordinary, receiving() as special:
        hooks.subscribe("umea", ordinary)
        subscription = hooks.subscribe("umea", special)
        hooks.rows(
            "UPDATE webhook_subscription SET restrictions = '{violence}' WHERE id = $1",
            uuid.UUID(subscription["webhookSubscriptionId"]),
        )
        hooks.open()
        hooks.rows("UPDATE outbox SET restricted = 'violence' WHERE delivered_at IS NULL")
        hooks.work()
        assert ordinary.events == []
        assert len(special.events) == 1


def test_what_is_hidden_after_its_events_were_made_into_deliveries_is_not_told_any_more(hooks: Hooks) -> None:
    with receiving() as ordinary, receiving() as special:
        hooks.subscribe("umea", ordinary)
        subscription = hooks.subscribe("umea", special)
        hooks.rows(
            "UPDATE webhook_subscription SET restrictions = '{violence}' WHERE id = $1",
            uuid.UUID(subscription["webhookSubscriptionId"]),
        )
        hidden, plain = hooks.open(), hooks.open()
        hooks.spread()
        hooks.rows("UPDATE consultation SET restricted = 'violence' WHERE id = $1", uuid.UUID(hidden))
        hooks.work()
        assert {event["subject"] for event in ordinary.events} == {plain}
        assert {event["subject"] for event in special.events} == {hidden, plain}


def test_who_asked_is_told_of_its_own_question_that_others_need_the_scope_of_corrections_for(hooks: Hooks) -> None:
    with receiving() as asking, receiving() as answering:
        hooks.subscribe("umea", asking)
        hooks.subscribe("af-workbench", answering)
        hooks.open()
        hooks.rows("UPDATE outbox SET restricted = 'corrections' WHERE delivered_at IS NULL")
        hooks.work()
        assert [event["type"] for event in asking.events] == ["consultation.opened"]
        assert answering.events == []


def official(secret: str, message: Received) -> None:
    """What the specification's own library says."""
    standardwebhooks.Webhook(secret).verify(message.body, dict(message.headers))


def test_a_new_secret_signs_beside_the_one_before_it_until_the_overlap_is_over(
    hooks: Hooks, receiver: Receiver
) -> None:
    subscription = hooks.subscribe("umea", receiver)
    first = subscription["secret"]
    rotated = hooks.send("umea", "POST", path_of(subscription, "/secrets"), {"overlapHours": 24})
    second = rotated.json()["secret"]
    hooks.open()
    hooks.work()
    [message] = receiver.received
    for secret in (first, second):
        official(secret, message)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        official("whsec_" + "A" * 44, message)
    held = hooks.send("umea", "GET", path_of(subscription)).json()["secrets"]
    assert [(each["number"], each["retiresAt"] is None) for each in held] == [(2, True), (1, False)]

    hooks.pass_by(hours=25)
    hooks.open()
    hooks.work()
    last, now = receiver.received[-1], hooks.exchange.clock()
    verify([second], last.headers, last.body, now)
    assert len(last.headers["webhook-signature"].split()) == 1


def test_never_more_than_three_secrets_sign_and_one_that_leaked_ends_at_once(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    for _ in range(4):
        assert hooks.send("umea", "POST", path_of(subscription, "/secrets")).status_code == 201
    assert len(hooks.send("umea", "GET", path_of(subscription)).json()["secrets"]) == 3

    hooks.send("umea", "POST", path_of(subscription, "/secrets"), {"overlapHours": 0})
    held = hooks.send("umea", "GET", path_of(subscription)).json()["secrets"]
    assert [each["number"] for each in held] == [6]
    assert str(held).count("whsec_") == 0


def test_a_sample_is_delivered_like_an_event_and_few_wait_at_a_time(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver, "consultation.opened")
    sample = {"eventType": "consultation.answered"}
    answers = [hooks.send("umea", "POST", path_of(subscription, "/samples"), sample).status_code for _ in range(11)]
    hooks.work()
    assert answers == [202] * 10 + [429]
    assert {(event["type"], event["data"]["sample"]) for event in receiver.events} == {("consultation.answered", True)}
    consultation = receiver.events[0]["data"]["consultationId"]
    assert hooks.send("umea", "GET", f"{BASE}/consultations/{consultation}").status_code == 404
