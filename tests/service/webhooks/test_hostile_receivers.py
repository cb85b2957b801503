"""Receivers that answer badly, slowly, endlessly or elsewhere: each is contained, and none delays another."""

import threading
import time
from contextlib import ExitStack

import pytest

from services.consultation.webhooks import deliver
from tests.attack.support import BASE
from tests.sizes import sample_or_full
from tests.webhooks import Hooks, Received, Receiver, Respond, receiving

SILENT = sample_or_full(3, 30)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.outbound.TIMEOUT_SECONDS", 0.5)


def outcome(hooks: Hooks, receiver: Receiver) -> tuple[str, int | None]:
    """What came of the last attempt."""
    [row] = hooks.rows(
        """
        SELECT a.outcome, a.http_status
        FROM webhook_attempt a JOIN webhook_delivery d ON d.id = a.delivery_id
        JOIN webhook_subscription s ON s.id = d.subscription_id WHERE s.url = $1 ORDER BY a.at DESC LIMIT 1
        """,
        receiver.url,
    )
    return row["outcome"], row["http_status"]


def test_whatever_a_receiver_answers_is_an_outcome_and_the_others_are_told(hooks: Hooks) -> None:
    def slowly(_: Received) -> tuple[int, bytes]:
        time.sleep(0.7)
        return 204, b""

    behaviours: dict[str, tuple[Respond, tuple[str, int | None]]] = {
        "error": (lambda _: (500, b"no"), ("refused", 500)),
        "redirect": (lambda _: (307, b""), ("redirected", 307)),
        "endless": (lambda _: (200, b"x" * 10_000_000), ("answer_too_large", None)),
        "silent": (slowly, ("timed_out", None)),
        "hangs up": (lambda _: None, ("broken_off", None)),
        "gone": (lambda _: (410, b""), ("gone", 410)),
        "well": (lambda _: (200, b"[" * 60_000), ("delivered", 200)),
    }
    with ExitStack() as stack:
        receivers = {name: stack.enter_context(receiving(each)) for name, (each, _) in behaviours.items()}
        for receiver in receivers.values():
            hooks.subscribe("umea", receiver)
        hooks.open()
        hooks.work()
        came = {name: outcome(hooks, receiver) for name, receiver in receivers.items()}
        assert came == {name: wanted for name, (_, wanted) in behaviours.items()}
        assert all(len(receiver.received) == 1 for receiver in receivers.values()), "a redirect is not followed"


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "WELL_AT_ONCE", 2)
    monkeypatch.setattr(deliver, "FAILING_AT_ONCE", 1)


@pytest.mark.usefixtures("little_room")
def test_more_failing_receivers_than_there_is_room_for_delay_no_other(hooks: Hooks) -> None:
    with ExitStack() as stack:
        told, waited = threading.Event(), list[bool]()
        failing = [stack.enter_context(receiving(lambda _: (500, b""))) for _ in range(SILENT)]
        for receiver in failing:
            hooks.subscribe("umea", receiver)
        hooks.open()
        hooks.work()

        def until_the_other_is_told(_: Received) -> tuple[int, bytes]:
            waited.append(told.wait(0.4))
            return 500, b""

        def takes(_: Received) -> tuple[int, bytes]:
            told.set()
            return 204, b""

        for receiver in failing:
            receiver.respond = until_the_other_is_told
        well = stack.enter_context(receiving(takes))
        hooks.subscribe("umea", well)
        hooks.pass_by(seconds=10)
        hooks.open()
        hooks.work()
        assert all(waited)
        assert len(well.received) == 1
        assert len(waited) >= SILENT


def test_what_becomes_due_while_a_slow_receiver_is_waited_for_is_sent_at_once(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "LOOK_AGAIN_SECONDS", 0.02)
    told, waited = threading.Event(), list[bool]()

    def slowly(_: Received) -> tuple[int, bytes]:
        if not waited:
            hooks.open("malmo")
            hooks.spread()
            waited.append(told.wait(2))
        return 204, b""

    def takes(_: Received) -> tuple[int, bytes]:
        told.set()
        return 204, b""

    monkeypatch.setattr("shared.outbound.TIMEOUT_SECONDS", 4)
    with receiving(slowly) as slow, receiving(takes) as well:
        hooks.subscribe("umea", slow)
        hooks.subscribe("malmo", well)
        hooks.open()
        hooks.work()
        assert waited == [True]


def test_one_receiver_takes_no_more_than_its_part_at_a_time(hooks: Hooks) -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def count(_: Received) -> tuple[int, bytes]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return 204, b""

    with receiving(count) as receiver:
        subscription = hooks.subscribe("umea", receiver)
        for _ in range(3 * deliver.WELL_EACH):
            hooks.open()
        hooks.work()
        assert len(receiver.received) == 3 * deliver.WELL_EACH
        assert 1 < most <= deliver.WELL_EACH
        state = hooks.send("umea", "GET", f"{BASE}/webhook-subscriptions/{subscription['webhookSubscriptionId']}")
        assert state.json()["failingSince"] is None
