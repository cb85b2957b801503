"""Chores go on after a failure and stop with the process."""

import asyncio

from shared.housekeeping import repeating


def test_a_chore_that_fails_is_tried_again_and_ends_with_the_block() -> None:
    turns: list[int] = []
    enough = asyncio.Event()

    async def chore() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise OSError
        if len(turns) == 3:
            enough.set()

    async def live() -> int:
        async with repeating(chore, every_seconds=0.001):
            await enough.wait()
        done = len(turns)
        await asyncio.sleep(0.01)
        return done

    assert asyncio.run(live()) == len(turns)
