"""How deliveries are claimed: as many are looked at as are taken, and each receiver has its turn."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import text

from services.consultation import tables
from services.consultation.webhooks.queue import Claimed, Room, claim
from shared.database.engine import Database
from shared.vault import Vault
from tests.webhooks import Hooks

Answer = TypeVar("Answer")
VAULT = Vault(os.urandom(32), os.urandom(32))
LARGE = "large"
"""The receiver that has most waiting, for the longest."""


def given(hooks: Hooks, waiting: dict[str, int], *, state: str = "active") -> None:
    """Receivers by name, with so many waiting of different consultations; those of the first named are the oldest."""
    now = hooks.exchange.clock()
    hooks.rows(
        """
        INSERT INTO webhook_subscription (org, id, version, url, event_types, contact_function, contact_email, state,
                                          created_at, client_id, tells_from, validated_at)
        SELECT '0007:1', id, 1, 'https://hook.kommun.example', '{*}', 'Drift', 'drift@kommun.example', $3, $2, 'made',
               $2, $2
        FROM unnest($1::uuid[]) AS id
        """,
        [receiver(name) for name in waiting],
        now,
        state,
    )
    hooks.rows(
        """
        INSERT INTO webhook_delivery (org, id, subscription_id, event_id, event_type, event_at, consultation_id,
                                      sequence, state, status, created_at, run_at, give_up_at)
        SELECT '0007:1', gen_random_uuid(), id, gen_random_uuid(), 'consultation.opened', at, gen_random_uuid(), 1,
               'received', 'waiting', at, at, at + interval '72 hours'
        FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[]) AS given (id, at, number),
             generate_series(1, number)
        """,
        [receiver(name) for name in waiting],
        [now - timedelta(minutes=60 - place) for place, _ in enumerate(waiting)],
        [*waiting.values()],
    )


def receiver(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, name)


def on(hooks: Hooks, work: Callable[[Database], Awaitable[Answer]], connections: int = 1) -> Answer:
    async def whole() -> Answer:
        database = Database(hooks.url(tables.WORKER_ROLE), pool_size=connections)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(whole())


async def claimed(hooks: Hooks, database: Database, room: Room, busy: dict[uuid.UUID, int]) -> list[Claimed]:
    async with database.without_tenant() as connection:
        return await claim(connection, VAULT, hooks.exchange.clock(), room, busy)


def test_what_is_not_taken_is_not_locked_either(hooks: Hooks) -> None:
    given(hooks, {f"receiver-{number}": 5 for number in range(20)})

    async def work(database: Database) -> tuple[int, int]:
        async with database.without_tenant() as first, database.without_tenant() as second:
            taken = await claim(first, VAULT, hooks.exchange.clock(), Room(failing=False, most=6, each=4), {})
            free = await second.execute(text("SELECT id FROM webhook_delivery FOR UPDATE SKIP LOCKED"))
            return len(taken), len(free.all())

    assert on(hooks, work, connections=2) == (6, 94)


def test_one_with_much_that_is_older_takes_no_place_of_others(hooks: Hooks) -> None:
    given(hooks, {LARGE: 200, **{f"receiver-{number}": 1 for number in range(30)}})
    room = Room(failing=False, most=8, each=4)

    async def work(database: Database) -> list[list[Claimed]]:
        return [await claimed(hooks, database, room, {}) for _ in range(8)]

    each = on(hooks, work)
    assert max(sum(one.subscription_id == receiver(LARGE) for one in claims) for claims in each) == room.each
    assert len({one.subscription_id for claims in each for one in claims}) == 31


def test_who_comes_right_after_another_by_id_has_as_many_turns(hooks: Hooks) -> None:
    names = sorted((f"receiver-{number}" for number in range(300)), key=receiver)
    neighbours = min(pairwise(names), key=lambda pair: receiver(pair[1]).int - receiver(pair[0]).int)
    given(hooks, dict.fromkeys(neighbours, 50))
    room = Room(failing=False, most=1, each=1)

    async def work(database: Database) -> list[Claimed]:
        return [one for _ in range(50) for one in await claimed(hooks, database, room, {})]

    assert {one.subscription_id for one in on(hooks, work)} == {receiver(name) for name in neighbours}


def test_who_has_enough_in_hand_is_given_no_more(hooks: Hooks) -> None:
    given(hooks, {LARGE: 20, "small": 3})

    async def work(database: Database) -> list[Claimed]:
        return await claimed(hooks, database, Room(failing=False, most=64, each=4), {receiver(LARGE): 3})

    by_receiver = [one.subscription_id for one in on(hooks, work)]
    assert (by_receiver.count(receiver(LARGE)), by_receiver.count(receiver("small"))) == (1, 3)


def test_eight_workers_empty_the_queue_and_never_hold_the_same(hooks: Hooks) -> None:
    given(hooks, {LARGE: 60, **{f"receiver-{number}": 7 for number in range(12)}})
    given(hooks, {"paused": 9}, state="paused")

    async def work(database: Database) -> list[list[uuid.UUID]]:
        async def worker() -> list[uuid.UUID]:
            taken = []
            while found := await claimed(hooks, database, Room(failing=False, most=10, each=4), {}):
                taken += [one.id for one in found]
            return taken

        return await asyncio.gather(*(worker() for _ in range(8)))

    taken = [one for each in on(hooks, work, connections=8) for one in each]
    assert len(taken) == len(set(taken)) == 60 + 12 * 7
    [left] = hooks.rows("SELECT count(*) AS number FROM webhook_delivery WHERE lease IS NULL")
    assert left["number"] == 9
