"""How late sealing is, and the door that closes when it is too late (X-Road's rule: no trail, no disclosure).

Late is counted from when a record should have been sealed (at once) or stood under a checkpoint (within a minute), by
the database's clock.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import InterfaceError, PostgresError
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database.engine import Database
from shared.metrics import REGISTRY
from shared.problems import UNAVAILABLE, Problem, ProblemKind, Words
from shared.sealing.checkpointing import SECONDS as CHECKPOINT_SECONDS

ALARM_SECONDS = 60.0
CLOSED_SECONDS = 15 * 60.0
FRESH_SECONDS = 5.0
UNKNOWN_SECONDS = 1.0
"""How long requests are refused without asking anew, when the database could not tell."""
LOOK_SECONDS = 2.0
"""How often a serving process looks by itself, so that no request waits for it."""

TRAIL_NOT_SEALED = ProblemKind(
    "trail_not_sealed",
    503,
    Words("Loggen är inte förseglad, så inget lämnas ut", "The trail is not sealed, so nothing is disclosed"),
    Words(
        "Försök igen efter den tid som Retry-After anger. Driften har larmats.",
        "Try again after the time in Retry-After. Operations have been alerted.",
    ),
)

_log = logging.getLogger("sealing")
_AGES = text("SELECT queued, signed FROM audit_sealing_ages()")
_GUARDS = text(
    """
    SELECT count(*) FROM pg_trigger
    WHERE tgrelid = 'audit_entry'::regclass AND tgenabled IN ('O', 'A')
      AND tgname IN ('queued_for_sealing', 'append_only', 'append_only_whole')
    """
)
_AGE = Gauge(
    "samrad_audit_sealing_age_seconds",
    "How late the oldest record is that is not sealed and under a checkpoint",
    ["trail"],
    registry=REGISTRY,
)
_ALARM = Gauge(
    "samrad_audit_sealing_alarm",
    "1 when sealing is more than a minute late or can't be asked about, else 0",
    ["trail"],
    registry=REGISTRY,
)


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds since the oldest waiting record was written, and since the oldest unsigned one was sealed; 0 for none."""

    queued: float
    signed: float

    @property
    def seconds(self) -> float:
        """How late sealing is."""
        return max(self.queued, self.signed - CHECKPOINT_SECONDS, 0.0)


class SealingWatch:
    """Keeps what it has seen for five seconds.

    `database` is the runtime role's; `trail` is a name for metrics and logs.
    """

    def __init__(self, database: Database, trail: str) -> None:
        self._database, self._trail = database, trail
        self._seconds: float | None = None
        self._until = float("-inf")
        self._looking = asyncio.Lock()
        self._told = False

    async def require(self) -> None:
        """Raises Problem 503 when sealing is more than 15 minutes late, or when that can't be found out."""
        late = self._seconds if time.monotonic() < self._until else await self._fresh()
        if late is None:
            raise Problem(UNAVAILABLE, headers={"Retry-After": "5"})
        if late > CLOSED_SECONDS:
            raise Problem(TRAIL_NOT_SEALED, headers={"Retry-After": "60"})

    async def faults(self) -> Sequence[str]:
        """For readiness, in words for operations."""
        await self.look()
        if self._seconds is None:
            return ["how late the sealing of the trail is cannot be found out"]
        found = []
        if self._seconds > CLOSED_SECONDS:
            found.append("the trail has not been sealed for 15 minutes: nothing is disclosed")
        async with self._database.without_tenant() as connection:
            if (await connection.execute(_GUARDS)).scalar_one() != 3:
                found.append("a trigger that guards the trail is switched off")
        return found

    async def look(self) -> None:
        """Ask the database now. What can't be found out is as bad as late."""
        try:
            async with self._database.without_tenant() as connection:
                row = (await connection.execute(_AGES)).one()
        except (DBAPIError, PostgresError, InterfaceError, PoolTimeout, OSError):
            # What was seen last holds for its five seconds, and then nothing is known.
            if time.monotonic() >= self._until:
                self._seconds, self._until = None, time.monotonic() + UNKNOWN_SECONDS
                self._tell(float("inf"))
            return
        self._seconds = Lateness(row.queued, row.signed).seconds
        self._until = time.monotonic() + FRESH_SECONDS
        self._tell(self._seconds)

    async def _fresh(self) -> float | None:
        async with self._looking:
            if time.monotonic() >= self._until:
                await self.look()
            return self._seconds

    def _tell(self, seconds: float) -> None:
        late = seconds > ALARM_SECONDS
        _AGE.labels(self._trail).set(seconds)
        _ALARM.labels(self._trail).set(late)
        if late != self._told:
            self._told = late
            known = round(seconds) if seconds != float("inf") else None
            extra = {"trail": self._trail, "seconds": known}
            if late:
                _log.warning("sealing is late", extra=extra)
            else:
                _log.warning("sealing has caught up", extra=extra)
