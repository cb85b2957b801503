"""A receiver that is down for a minute, ten minutes and a day, while the workers are killed: nothing is lost."""

import random
import time
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from shared.webhooks.signing import verify
from tests.attack.support import BASE
from tests.sizes import FULL, sample_or_full
from tests.webhook_worker import FileTime
from tests.webhooks import (
    Hooks,
    Received,
    Receiver,
    Respond,
    WorkerProcess,
    receiving,
    worker_process,
)

SEED = 11
CONSULTATIONS = sample_or_full(2, 40)
MINUTE, TEN_MINUTES, DAY = 60, 600, 86_400
WORKERS = sample_or_full(1, 2)
STEPS = sample_or_full(2, 24)
KILLS = {MINUTE: 3, TEN_MINUTES: 4, DAY: 12} if FULL else {MINUTE: 1}
"""How often one is killed in each outage."""
KILLED_WHILE_DELIVERING = {MINUTE, TEN_MINUTES, DAY} if FULL else {DAY}
"""The outages after which all are killed at the first message that arrives."""


class Story:
    """Time, the workers and what they are told to suffer."""

    def __init__(self, hooks: Hooks, stack: ExitStack, folder: Path) -> None:
        self.hooks, self.stack = hooks, stack
        self.file = folder / "time"
        self.file.write_text("0")
        self.time = FileTime(self.file)
        self.chance = random.Random(SEED)  # noqa: S311 - not a secret
        self.workers = [self.another() for _ in range(WORKERS)]

    def another(self) -> WorkerProcess:
        return self.stack.enter_context(worker_process(self.hooks, self.file))

    def kill_one(self) -> None:
        place = self.chance.randrange(WORKERS)
        self.workers[place].kill()
        self.workers[place] = self.another()

    def kill_all(self) -> None:
        for worker in self.workers:
            worker.kill()

    def pass_by(self, seconds: float) -> None:
        self.hooks.pass_by(seconds=seconds)
        self.time.follow(self.hooks.exchange.clock)

    def happen(self) -> None:
        """Something in each of a few consultations, by the service as anybody meets it."""
        for _ in range(CONSULTATIONS):
            consultation = self.hooks.open()
            self.hooks.act("af-workbench", consultation, "claims", 1)
            self.hooks.act("af-workbench", consultation, "questions", 2, "Vilken period?")
            if self.chance.random() < 0.5:
                self.hooks.act("umea", consultation, "replies", 3, "Mars.")
                self.hooks.act("af-workbench", consultation, "answers", 4, "Praktik.")

    def settle(self, receiver: Receiver) -> None:
        """Let time pass until the receiver has been told everything."""
        until = time.monotonic() + 120
        while self.waiting(receiver):
            assert time.monotonic() < until, "it never arrives"
            self.pass_by(600)
            time.sleep(0.1)

    def waiting(self, receiver: Receiver) -> int:
        [row] = self.hooks.rows(
            """
            SELECT (SELECT count(*) FROM outbox WHERE delivered_at IS NULL)
                 + (SELECT count(*) FROM webhook_delivery d JOIN webhook_subscription s ON s.id = d.subscription_id
                    WHERE s.url = $1 AND d.status = 'waiting') AS number
            """,
            receiver.url,
        )
        return int(row["number"])


def test_whatever_is_down_or_killed_every_event_arrives_in_order_with_one_id(hooks: Hooks, tmp_path: Path) -> None:
    with ExitStack() as stack:
        flapping, steady = stack.enter_context(receiving()), stack.enter_context(receiving())
        subscription = hooks.subscribe("umea", flapping)
        hooks.subscribe("af-workbench", steady)
        begun = hooks.exchange.clock()
        story = Story(hooks, stack, tmp_path)
        for worker in story.workers:
            worker.await_word()

        for seconds in (MINUTE, TEN_MINUTES, DAY):
            flapping.down()
            story.happen()
            for _ in range(KILLS.get(seconds, 0)):
                story.kill_one()
            for _ in range(STEPS):
                story.pass_by(seconds / STEPS)
                time.sleep(0.1)
            # Another receiver is told all the same, while this one is down.
            story.settle(steady)
            if seconds in KILLED_WHILE_DELIVERING:
                flapping.respond = killing(story)
            flapping.up()
            story.settle(flapping)

        told = hooks.send("umea", "GET", f"{BASE}/webhook-notices").json()["webhookNotices"]
        secret = subscription["secret"]

    wanted = {str(row["id"]) for row in hooks.rows("SELECT event_id AS id FROM webhook_delivery WHERE NOT sample")}
    happened = hooks.rows("SELECT id FROM outbox WHERE audience = 'both' AND at >= $1", begun)
    assert wanted == {str(row["id"]) for row in happened}
    for receiver in (flapping, steady):
        assert {event["id"] for event in receiver.events} == wanted, "lost"
        assert in_order(receiver)
    assert len(flapping.received) > len(wanted), "somebody was killed before it was written down that it had arrived"
    for message in flapping.received:
        verify([secret], message.headers, message.body, sent_at(message))
    [one_each] = hooks.rows(
        """
        SELECT (SELECT sum(attempts) FROM webhook_delivery) = (SELECT count(*) FROM webhook_attempt) AS holds,
               (SELECT count(*) FROM webhook_attempt WHERE outcome IS NULL) AS cut_short
        """
    )
    assert one_each["holds"]
    assert one_each["cut_short"] >= 1
    assert {notice["webhookSubscriptionId"] for notice in told} == {subscription["webhookSubscriptionId"]}
    assert any("not_connected" in notice["outcomes"] for notice in told)


def killing(story: Story) -> Respond:
    """Takes everything, and at the first message kills all workers before it has answered."""
    killed: list[bool] = []

    def respond(_: Received) -> tuple[int, bytes] | None:
        if not killed:
            killed.append(True)
            story.kill_all()
            story.workers = [story.another() for _ in range(WORKERS)]
            return None
        return 204, b""

    return respond


def in_order(receiver: Receiver) -> bool:
    """Whether, of each consultation, each event came first after all before it; and always under one id."""
    first: dict[str, list[int]] = defaultdict(list)
    ids: dict[tuple[str, int], set[str]] = defaultdict(set)
    for message in receiver.received:
        consultation, sequence = message.place
        ids[message.place].add(message.headers["webhook-id"])
        if sequence not in first[consultation]:
            first[consultation].append(sequence)
    return all(len(each) == 1 for each in ids.values()) and all(each == sorted(each) for each in first.values())


def sent_at(message: Received) -> datetime:
    """The time that it was signed with."""
    return datetime.fromtimestamp(int(message.headers["webhook-timestamp"]), UTC)
