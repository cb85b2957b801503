"""Several persons within the time of one: so many at once, and nobody begun when there is no time left for it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.consultation.lookups.households.domain import MemberResult
from services.consultation.problems import HOUSEHOLD_TIME_OVER
from shared.http.service import as_problem
from shared.problems import Problem

_LEAST_SECONDS = 1.0
"""What a question is worth beginning with."""

Turn = tuple[int, Callable[[float], Awaitable[MemberResult]]]
"""A person's position, and what is done about the person within so many seconds."""


async def take_turns(turns: Sequence[Turn], *, at_once: int, seconds: float) -> list[MemberResult]:
    """What became of each, in the order given. Whatever happens to one costs the others nothing but time."""
    loop = asyncio.get_running_loop()
    ends, free = loop.time() + seconds, asyncio.Semaphore(at_once)

    async def take(position: int, work: Callable[[float], Awaitable[MemberResult]]) -> MemberResult:
        async with free:
            left = ends - loop.time()
            if left < _LEAST_SECONDS:
                return MemberResult(position, problem=Problem(HOUSEHOLD_TIME_OVER))
            try:
                return await work(left)
            except Exception as fault:
                # Everything: the others' look-ups are carried out and audited, and must be told. What nobody expected
                # is logged on the way.
                return MemberResult(position, problem=as_problem(fault))

    return await asyncio.gather(*(take(position, work) for position, work in turns))
