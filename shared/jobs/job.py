"""What a service says about its background work."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock

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
        _check(self.name, self.every_seconds)

    @property
    def recurring(self) -> bool:
        """Whether it runs again and again by itself."""
        return self.every_seconds is not None


@dataclass(frozen=True, slots=True)
class Outing:
    """One run of an errand. No transaction is open: `begin()` gives one, as the worker's database role and with no
    organisation set, to be left before anything outside is waited for. `stopping()` tells that the worker is to stop.
    """

    begin: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    clock: Clock
    stopping: Callable[[], bool]
    ids: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Errand:
    """Background work that waits for others, such as the network: a job without a transaction around it.

    What it does happens at least once, in its own transactions too. Like a job it recurs, or is enqueued. A recurring
    one has one run at a time, but for the moment in which a worker that was held dead proves to live: what two runs
    must not both take, they lease from each other in rows of their own.
    """

    name: str
    work: Callable[[Outing], Awaitable[object]]
    every_seconds: float | None = None
    limit_seconds: float = 60.0
    attempts: int = 8

    def __post_init__(self) -> None:
        _check(self.name, self.every_seconds)

    @property
    def recurring(self) -> bool:
        """Whether it runs again and again by itself."""
        return self.every_seconds is not None


AnyJob = Job | Errand


def _check(name: str, every_seconds: float | None) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a job is named like audit.seal, not {name}")
    if every_seconds is not None and every_seconds <= 0:
        raise ValueError(f"{name}: every_seconds is above 0")


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
