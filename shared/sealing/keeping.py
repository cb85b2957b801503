"""Keeps one trail: seals it, signs how far it has come, hands that on, and erases what is over.

One function a turn, each a recurring job of the worker.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from joserfc.jwk import ECKey

from shared.clock import Clock
from shared.database.engine import Database
from shared.jobs.job import Job
from shared.sealing.book import Book
from shared.sealing.checkpointing import Pace, checkpoint
from shared.sealing.checkpoints import Checkpoint, CheckpointFault
from shared.sealing.delivery import Post, deliver
from shared.sealing.erasure import Erased, erase_expired
from shared.sealing.sealer import BATCH, seal

_log = logging.getLogger("sealing")


@dataclass(frozen=True, slots=True)
class Keeper:
    """What it takes. `database` is the worker role's, closed by the one who made it.

    `copies` and `post` are where checkpoints are handed on.
    """

    trail: str
    database: Database
    book: Book
    key: ECKey
    years: int
    clock: Clock
    copies: list[Path] = field(default_factory=list)
    post: Post | None = None
    pace: Pace = field(default_factory=Pace)

    async def seal(self) -> int:
        """Seal until nothing more than a part of a batch is left; answers how many."""
        sealed = 0
        while number := await seal(self.database):
            sealed += number
            if number < BATCH:
                break
        return sealed

    async def checkpoint(self) -> Checkpoint | None:
        """Make a checkpoint when one is due."""
        try:
            return await checkpoint(self.database, self.book, self.key, self.clock, pace=self.pace)
        except CheckpointFault as fault:
            _log.error("no checkpoint", extra={"trail": self.trail, "why": str(fault)})
            return None

    async def deliver(self) -> int:
        """Hand on the checkpoints that have not been; answers how many. A counterpart that is slow delays none."""
        return await deliver(self.trail, self.book, self.copies, self.post)

    async def erase(self) -> Erased | None:
        """Erase one batch of what is over."""
        return await erase_expired(self.database, self.years, self.clock)


def jobs(keeper: Keeper) -> tuple[Job, ...]:
    """What the worker of the trail's database does for it. Each turn has transactions of its own."""
    return (
        Job("audit.seal", lambda _: keeper.seal(), every_seconds=1),
        Job("audit.checkpoint", lambda _: keeper.checkpoint(), every_seconds=5),
        Job("audit.deliver", lambda _: keeper.deliver(), every_seconds=10),
        Job("audit.erase", lambda _: keeper.erase(), every_seconds=3600),
    )
