"""What a service says about its background work."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

_NAME = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job.

    `connection` is the run's transaction, as the worker's database role and with no organisation set; the worker
    commits it. `now` is the injected clock's. `ids` is what was enqueued: it says which rows, never what is in them.
    """

    connection: AsyncConnection
    now: datetime
    ids: Mapping[str, UUID]


Work = Callable[[Run], Awaitable[object]]
"""Raises whatever it likes: only the exception's type and place are logged or stored."""


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of background work. Its name is that of a chore: `audit.seal`.

    With `every_seconds` it recurs, for ever, and never beside itself; a run that fails is followed by the next in
    its turn. Without, it runs when enqueued; a run that fails is tried again after 2, 4, 8 ... seconds, at most
    five minutes, and after `attempts` of them is held for a person to look at.

    A run that has taken `limit_seconds` is stopped and has failed.
    """

    name: str
    work: Work
    every_seconds: float | None = None
    limit_seconds: float = 60.0
    attempts: int = 8

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a job is named like audit.seal, not {self.name}")
        if self.every_seconds is not None and self.every_seconds <= 0:
            raise ValueError(f"{self.name}: every_seconds is above 0")

    @property
    def recurring(self) -> bool:
        """Whether it runs again and again by itself."""
        return self.every_seconds is not None


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker keeps time, in seconds; the defaults are those of production.

    heartbeat: a job whose worker has been silent so long is given to another.
    poll: how often an idle worker looks without having been woken.
    stop: how long a stopping worker waits for what it has in hand.
    silent: how long a worker may not have asked for work before it counts as dead.
    restart_first, restart_last: waits before it connects again, doubling from the one to the other.
    at_once: how many enqueued jobs it carries out at the same time, 2 or more; recurring ones don't count.
    """

    heartbeat: float = 10.0
    poll: float = 5.0
    stop: float = 8.0
    silent: float = 60.0
    restart_first: float = 0.5
    restart_last: float = 30.0
    at_once: int = 8
