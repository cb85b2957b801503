"""Webhooks as a way into our network, into others' affairs, and as a hammer."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.assembly.environment import CannotStart
from services.assembly.webhooks import make_outbound
from services.consultation.settings import WorkerSettings
from services.consultation.tables import WORKER_ROLE
from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.domain import Outcome
from shared.outbound import Outbound, system_resolver
from shared.webhooks.signing import new_secret
from tests.attack.support import BASE, UMEA, sql
from tests.attack.test_outbound import answering, hook
from tests.exchange import NOBODY, Exchange
from tests.service.webhooks.conftest import hooks, place, receiver
from tests.sizes import sample_or_full
from tests.webhooks import CONTACT, SUBSCRIPTIONS, Hooks, Receiver, path_of, receiving, written_subscription

__all__ = ["hooks", "place", "receiver"]

pytestmark = pytest.mark.attack

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def subscribing(exchange: Exchange, url: str) -> Any:
    wish = {"url": url, "eventTypes": ["*"], "contact": CONTACT}
    return exchange.send("umea", "POST", SUBSCRIPTIONS, wish)


# --- into our network ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "https://2852039166/",
        "https://[::1]/",
        "https://localhost/",
        "https://127.0.0.1:8001/",
        "https://hook.kommun.example:8001/",
        "https://hook.kommun.example@127.0.0.1/",
        "https://hook.kommun.example\\@127.0.0.1/",
        "https://hook.kommun.example/\r\nX: y",
        "file:///etc/passwd",
        "gopher://hook.kommun.example/",
        # The sandbox lets http://127.0.0.1:<port> in, and nothing that looks like it.
        "http://127.0.0.1/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.2:8000/",
        "http://127.1:8000/",
        "http://localhost:8000/",
        "http://127.0.0.1:8000@hook.kommun.example/",
        "http://127.0.0.1.hook.example:8000/",
        "http://user@127.0.0.1:8000/",
    ],
    ids=str,
)
def test_an_address_that_leads_inside_can_not_be_registered(exchange: Exchange, url: str) -> None:
    answer = subscribing(exchange, url)

    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_address_refused")
    assert answer.json()["reason"] in ("url_invalid", "host_not_a_name", "port_not_allowed")
    assert url not in answer.text


def test_a_name_that_leads_inside_is_refused_when_it_is_to_be_asked_and_stays_silent(exchange: Exchange) -> None:
    made = subscribing(exchange, "https://hook.kommun.example/").json()
    validated = exchange.send("umea", "POST", path_of(made, "/validations"))
    assert (validated.status_code, validated.json()["outcome"]) == (409, "address_refused")


def test_a_name_that_is_led_inside_after_it_was_validated_is_sent_nothing_more(tmp_path: Path) -> None:
    """DNS rebinding between the validation and a delivery."""
    seen: list[bytes] = []

    async def story() -> list[Outcome]:
        async with hook(tmp_path, answering(OK, seen), ["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1", "10.0.0.1"]) as (
            outbound,
            url,
            resolver,
        ):
            courier = Courier(outbound, lambda: datetime.now(UTC), "https://samrad.example")
            came = [(await courier.send(url, [new_secret()], "m", b"{}")).outcome for _ in range(3)]
            assert resolver.asked == 3
            return came

    came = asyncio.run(story())
    assert came == [Outcome.DELIVERED, Outcome.ADDRESS_REFUSED, Outcome.ADDRESS_REFUSED]
    assert len(seen) == 1


def test_an_instance_that_others_reach_does_not_start_with_the_sandboxs_way_into_this_machine() -> None:
    def settings(public_url: str, here: bool) -> WorkerSettings:
        return WorkerSettings.model_construct(public_url=public_url, webhook_this_machine=here)

    with pytest.raises(CannotStart):
        make_outbound(settings("https://samrad.example", True))
    with pytest.raises(CannotStart):
        make_outbound(settings("http://127.0.0.1.samrad.example:8000", True))
    assert not make_outbound(settings("https://samrad.example", False)).rules.this_machine
    assert make_outbound(settings("http://127.0.0.1:8000", True)).rules.this_machine


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://127.0.0.1:80/x"])
def test_without_that_setting_this_machine_can_not_be_registered(url: str) -> None:
    courier = Courier(Outbound(system_resolver), lambda: datetime.now(UTC), "")
    assert courier.refusal(url) == "url_invalid"


# --- secrets -------------------------------------------------------------------------------------------------------


def test_a_secret_is_in_one_answer_and_nowhere_else(exchange: Exchange) -> None:
    # Other tests have had answers kept under keys of their own.
    others = {row["key_hash"] for row in sql(exchange, "SELECT key_hash FROM idempotency_record")}
    key = str(uuid.uuid4())
    wish = {"url": "https://hook.kommun.example/secrets", "eventTypes": ["*"], "contact": CONTACT}
    made = exchange.send("umea", "POST", SUBSCRIPTIONS, wish, key=key).json()
    rotated = exchange.send("umea", "POST", path_of(made, "/secrets"), key=key + "r").json()
    secrets = [made["secret"], rotated["secret"]]

    again = exchange.send("umea", "POST", SUBSCRIPTIONS, wish, key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    told = [
        again.text,
        exchange.send("umea", "POST", path_of(made, "/secrets"), key=key + "r").text,
        exchange.send("umea", "GET", SUBSCRIPTIONS).text,
        exchange.send("umea", "GET", path_of(made)).text,
        exchange.send("umea", "PUT", path_of(made), wish, version=1).text,
        exchange.send("umea", "GET", f"{BASE}/audit-entries?objectId={made['webhookSubscriptionId']}").text,
        *(str(row["row"]) for row in sql(exchange, "SELECT to_jsonb(s)::text AS row FROM webhook_secret s")),
        *(str(row["entry"]) for row in sql(exchange, "SELECT entry FROM audit_entry WHERE event LIKE 'webhook.%'")),
    ]
    kept = sql(exchange, "SELECT key_hash, body FROM idempotency_record WHERE body IS NOT NULL")
    own = [exchange.vault().open(row["body"], "idempotency") for row in kept if row["key_hash"] not in others]
    assert len(own) == 2
    told += [body.decode("utf-8", "replace") for body in own]
    for secret in secrets:
        assert not any(secret in text or secret.removeprefix("whsec_") in text for text in told)


def test_a_secret_that_is_moved_to_another_subscription_signs_nothing(hooks: Hooks, receiver: Receiver) -> None:
    """Somebody who can write in the database, and holds the secret of a subscription of one's own."""
    hooks.subscribe("umea", receiver)
    mine = hooks.subscribe("malmo", receiver)
    hooks.rows(
        "UPDATE webhook_secret SET sealed = (SELECT sealed FROM webhook_secret WHERE subscription_id = $1)",
        uuid.UUID(mine["webhookSubscriptionId"]),
    )
    hooks.open()
    hooks.work()
    assert receiver.received == []
    assert hooks.rows("SELECT outcome FROM webhook_attempt")[0]["outcome"] == "not_signed"


# --- others' affairs -----------------------------------------------------------------------------------------------


def test_the_worker_that_reads_the_outbox_can_not_read_what_was_asked_or_by_whom(exchange: Exchange) -> None:
    for statement in (
        "SELECT person_sealed FROM consultation",
        "SELECT asked_by, details_sealed FROM consultation",
        "SELECT sealed FROM consultation_message",
        "SELECT actor FROM consultation_event",
        "UPDATE outbox SET audience = 'both'",
        "INSERT INTO webhook_subscription SELECT * FROM webhook_subscription",
        "UPDATE webhook_subscription SET url = 'https://evil.example/'",
    ):
        with pytest.raises(Exception, match="permission denied"):
            sql(exchange, statement, role=WORKER_ROLE)


def test_a_row_of_ones_own_can_not_be_hung_on_anothers_subscription(exchange: Exchange) -> None:
    """By a fault of ours that lets the caller choose the id: the foreign key names the organisation too."""
    theirs, _ = written_subscription(exchange, "malmo")
    with pytest.raises(Exception, match="foreign key"):
        sql(
            exchange,
            """
            INSERT INTO webhook_delivery (org, id, subscription_id, event_id, event_type, event_at, consultation_id,
                                          sequence, state, status, created_at, run_at, give_up_at)
            VALUES ($1, gen_random_uuid(), $2, gen_random_uuid(), 'x', now(), gen_random_uuid(), 1, 'x', 'waiting',
                    now(), now(), now())
            """,
            UMEA,
            uuid.UUID(theirs),
            role="consultation_runtime",
            first=f"SELECT set_config('app.org', '{UMEA}', false)",
        )


def test_ids_of_others_in_lists_and_deliveries_are_not_there(exchange: Exchange) -> None:
    subscription, delivery = written_subscription(exchange, "malmo")
    for path in (f"{SUBSCRIPTIONS}/{subscription}/deliveries", f"{BASE}/webhook-deliveries/{delivery}"):
        theirs = exchange.send("umea", "GET", path).json()
        nobodys = exchange.send("umea", "GET", path.replace(subscription, NOBODY).replace(delivery, NOBODY)).json()
        assert {**theirs, "instance": ""} == {**nobodys, "instance": ""}
    for path in (SUBSCRIPTIONS, f"{BASE}/webhook-notices"):
        assert subscription not in exchange.send("umea", "GET", f"{path}?limit=100").text


# --- a hammer ------------------------------------------------------------------------------------------------------


def test_however_often_it_is_asked_for_one_event_waits_once(hooks: Hooks, receiver: Receiver) -> None:
    subscription = hooks.subscribe("umea", receiver)
    hooks.open()
    hooks.work()
    [delivery] = hooks.deliveries(subscription)
    path = f"{BASE}/webhook-deliveries/{delivery['webhookDeliveryId']}/redeliveries"
    since = {"since": (hooks.exchange.clock() - timedelta(days=1)).isoformat(), "deliveredToo": True}

    for _ in range(sample_or_full(5, 50)):
        assert hooks.send("umea", "POST", path).status_code == 202
    replays = [hooks.send("umea", "POST", path_of(subscription, "/replays"), since).status_code for _ in range(3)]
    hooks.work()

    assert replays == [202, 429, 429]
    assert len(receiver.received) == 2


def test_nothing_is_sent_where_nobody_has_said_yes(hooks: Hooks, receiver: Receiver) -> None:
    """Whoever subscribes can't have others bombarded: but for one challenge at a request, nothing leaves."""
    receiver.echoes = False
    subscription = hooks.subscribe("umea", receiver, validate=False)
    since = {"since": "2026-01-01T00:00:00Z", "deliveredToo": True}
    for action, body in (("/samples", None), ("/replays", since), ("/validations", None)):
        assert hooks.send("umea", "POST", path_of(subscription, action), body).status_code == 409
    hooks.open()
    hooks.pass_by(days=1)
    hooks.work()
    assert (len(receiver.challenges), receiver.received) == (1, [])


# --- what is hidden ------------------------------------------------------------------------------------------------


def hidden_from_the_manager(hooks: Hooks, receiver: Receiver) -> tuple[dict[str, Any], str]:
    """A subscription that is told of violence, made by somebody who may see it; and one such consultation, spread."""
    subscription = hooks.subscribe("umea", receiver)
    own = uuid.UUID(subscription["webhookSubscriptionId"])
    hooks.rows("UPDATE webhook_subscription SET restrictions = '{violence}' WHERE id = $1", own)
    consultation = hooks.open()
    hooks.rows("UPDATE consultation SET restricted = 'violence' WHERE id = $1", uuid.UUID(consultation))
    hooks.rows("UPDATE outbox SET restricted = 'violence' WHERE delivered_at IS NULL")
    hooks.spread()
    return subscription, consultation


def test_deliveries_of_what_is_hidden_are_hidden_from_whoever_manages_subscriptions(
    hooks: Hooks, receiver: Receiver
) -> None:
    subscription, consultation = hidden_from_the_manager(hooks, receiver)
    [delivery] = hooks.rows("SELECT id FROM webhook_delivery WHERE consultation_id = $1", uuid.UUID(consultation))
    hooks.work()
    assert [event["subject"] for event in receiver.events] == [consultation]

    assert hooks.deliveries(subscription) == []
    path = f"{BASE}/webhook-deliveries/{delivery['id']}"
    assert hooks.send("umea", "GET", path).status_code == 404
    assert hooks.send("umea", "POST", f"{path}/redeliveries").status_code == 404


def test_an_address_of_somebody_elses_choosing_is_sent_nothing_hidden_that_waits_nor_what_has_been_sent(
    hooks: Hooks, receiver: Receiver
) -> None:
    """A client without the special scope leads the subscription of one that has it to a receiver of its own."""
    subscription, _ = hidden_from_the_manager(hooks, receiver)
    open_to_all = hooks.open()
    with receiving() as stolen:
        wish = {"url": stolen.url, "eventTypes": ["*"], "contact": CONTACT}
        assert hooks.send("umea", "PUT", path_of(subscription), wish, version=2).status_code == 200
        assert hooks.send("umea", "POST", path_of(subscription, "/validations")).status_code == 200
        hooks.work()
        since = (hooks.exchange.clock() - timedelta(days=1)).isoformat()
        replay = hooks.send("umea", "POST", path_of(subscription, "/replays"), {"since": since, "deliveredToo": True})
        hooks.work()

    assert replay.json()["queued"] == 1
    assert {event["subject"] for event in stolen.events} == {open_to_all}
    assert receiver.events == []


def test_what_kriminalvarden_asks_is_no_secret_to_its_own_receiver(hooks: Hooks) -> None:
    with receiving() as asking, receiving() as answering:
        hooks.subscribe("umea", asking)
        hooks.subscribe("af-workbench", answering)
        consultation = hooks.open()
        hooks.rows("UPDATE consultation SET restricted = 'corrections' WHERE id = $1", uuid.UUID(consultation))
        hooks.rows("UPDATE outbox SET restricted = 'corrections' WHERE delivered_at IS NULL")
        hooks.work()

        assert [event["subject"] for event in asking.events] == [consultation]
        assert answering.events == []
