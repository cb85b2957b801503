"""Chores go on after a failure and stop with the process."""

import asyncio

from shared.housekeeping import repeating


def test_a_chore_that_fails_is_tried_again_and_ends_with_the_block() -> None:
    turns: list[int] = []

    async def chore() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise OSError

    async def live() -> int:
        async with repeating(chore, every_seconds=0.001):
            while len(turns) < 3:
                await asyncio.sleep(0.001)
        done = len(turns)
        await asyncio.sleep(0.01)
        return done

    assert asyncio.run(live()) == len(turns)
