"""Deliver what is due: some at a time of each receiver, many in all, and those of failing receivers in a room apart.

A receiver that fails takes up its own time alone. The first attempt that fails moves it to the other room, where it has
one place, and where only others that fail wait for it. Within a consultation the events go in order; between them there
is none.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.envelope import event_body
from services.consultation.webhooks.metrics import ATTEMPTS
from services.consultation.webhooks.queue import Claimed, Result, Room, claim, record
from shared.jobs.job import Outing
from shared.vault import Vault
from shared.webhooks.retries import wait_after

WELL_AT_ONCE, WELL_EACH = 64, 4
FAILING_AT_ONCE, FAILING_EACH = 32, 1
LOOK_AGAIN_SECONDS = 0.5
"""How long what has become due waits at most while others are under way, however slow they are."""

LIMIT_SECONDS = 3600.0
_TAKING_SECONDS = LIMIT_SECONDS - 60
"""A run goes on while anything is under way; after so long no more is taken, so that it ends within its limit."""


@dataclass(slots=True)
class Deliverer:
    """`chance` moves the waits, so that what failed together does not come back together."""

    vault: Vault
    courier: Courier
    chance: random.Random = field(default_factory=random.SystemRandom)

    async def deliver(self, outing: Outing) -> None:
        """Until nothing is due, the time is over, or the worker is to stop. What is under way is finished."""
        in_hand: dict[asyncio.Task[None], tuple[Claimed, bool]] = {}
        until = asyncio.get_running_loop().time() + _TAKING_SECONDS
        try:
            while True:
                if not outing.stopping() and asyncio.get_running_loop().time() < until:
                    await self._take(outing, in_hand)
                if not in_hand:
                    return
                done, _ = await asyncio.wait(in_hand, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del in_hand[task]
                    task.result()
        finally:
            for task in in_hand:
                task.cancel()
            await asyncio.gather(*in_hand, return_exceptions=True)

    async def _take(self, outing: Outing, in_hand: dict["asyncio.Task[None]", tuple[Claimed, bool]]) -> None:
        busy = Counter(claimed.subscription_id for claimed, _ in in_hand.values())
        for failing, most, each in ((False, WELL_AT_ONCE, WELL_EACH), (True, FAILING_AT_ONCE, FAILING_EACH)):
            free = most - sum(among_failing is failing for _, among_failing in in_hand.values())
            if free <= 0:
                continue
            async with outing.begin() as connection:
                found = await claim(connection, self.vault, outing.clock(), Room(failing, free, each), busy)
            for claimed in found:
                in_hand[asyncio.create_task(self._attempt(outing, claimed))] = claimed, failing

    async def _attempt(self, outing: Outing, claimed: Claimed) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        body = event_body(claimed.told, self.courier.source)
        answer = await self.courier.send(claimed.url, claimed.secrets, str(claimed.told.event_id), body)
        took, now = int(1000 * (loop.time() - begun)), outing.clock()
        ATTEMPTS.labels(answer.outcome.value).inc()
        next_at = now + wait_after(claimed.tries, self.chance.random())
        async with outing.begin() as connection:
            await record(connection, claimed, Result(answer.outcome, answer.http_status, took, next_at), now)
