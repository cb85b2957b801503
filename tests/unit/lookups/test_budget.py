"""A source's own time, shared by all who wait for it: on a loop where time passes only when there is nothing to do."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from services.consultation.lookups.sources.budget import Budgeted
from services.consultation.lookups.sources.domain import Inquiry, SourceAnswer, SourceCode, SourceState
from tests.held_time import HeldTime
from tests.unit.lookups.given import inquiry

SECONDS = 6.5
QUESTION = inquiry()
ANSWERS = {code: SourceAnswer(code, SourceState.ANSWERED) for code in SourceCode}
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=HeldTime) as runner:
        return runner.run(work)


class Doing:
    """A source that does something before it answers."""

    def __init__(self, work: Callable[[], Awaitable[object]]) -> None:
        self.work = work

    async def ask(self, _: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        await self.work()
        return ANSWERS


def is_late(answers: Mapping[SourceCode, SourceAnswer]) -> bool:
    assert answers.keys() == QUESTION.sources.keys()
    return {(each.code, each.took_ms) for each in answers.values()} == {("TIMEOUT", 6500)}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=20))
def test_of_any_number_who_begin_at_any_time_each_has_the_whole_time_and_no_more(plan: list[tuple[int, int]]) -> None:
    lasts: dict[object, int] = {}
    shared = Budgeted(Doing(lambda: asyncio.sleep(lasts[asyncio.current_task()])), SECONDS)

    async def one(begins: int, seconds: int) -> tuple[bool, float]:
        await asyncio.sleep(begins)
        lasts[asyncio.current_task()] = seconds
        return is_late(await shared.ask(QUESTION)), asyncio.get_running_loop().time() - begins

    async def everybody() -> list[tuple[bool, float]]:
        return await asyncio.gather(*(one(*each) for each in plan))

    for (_, seconds), (late, took) in zip(plan, run(everybody()), strict=True):
        assert late == (seconds > SECONDS)
        assert abs(took - min(seconds, SECONDS)) < 0.001


def test_who_is_broken_off_from_outside_is_not_told_that_the_source_was_late() -> None:
    async def story() -> None:
        shared = Budgeted(Doing(lambda: asyncio.sleep(3)), SECONDS)
        left, waiting = (asyncio.create_task(shared.ask(QUESTION)) for _ in range(2))
        await asyncio.sleep(1)
        left.cancel()
        assert not is_late(await waiting)
        assert left.cancelled()

    run(story())


def test_who_is_broken_off_from_outside_in_the_moment_the_time_runs_out_is_broken_off() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(Budgeted(Doing(lambda: asyncio.sleep(60)), SECONDS).ask(QUESTION))
        loop.call_later(SECONDS, task.cancel)
        await asyncio.wait([task])
        assert task.cancelled()

    run(story())


def test_a_source_that_finishes_all_the_same_is_taken_at_its_word_and_the_task_lives_on() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(1)

    async def story() -> None:
        answers = await Budgeted(Doing(stubborn), SECONDS).ask(QUESTION)
        task = asyncio.current_task()
        assert task is not None
        assert (answers, task.cancelling()) == (ANSWERS, 0)
        async with asyncio.timeout(5):
            await asyncio.sleep(1)

    run(story())


def test_what_a_source_raises_goes_on_and_the_time_of_others_runs_as_before() -> None:
    async def breaks() -> None:
        await asyncio.sleep(1)
        raise TimeoutError("of its own making")

    async def story() -> None:
        source = Doing(breaks)
        shared = Budgeted(source, SECONDS)
        broken = asyncio.create_task(shared.ask(QUESTION))
        await asyncio.sleep(0)
        source.work = lambda: asyncio.sleep(60)
        waiting = asyncio.create_task(shared.ask(QUESTION))
        await asyncio.wait([broken])
        assert str(broken.exception()) == "of its own making"
        assert is_late(await waiting)
        assert asyncio.get_running_loop().time() == SECONDS

    run(story())


def test_nothing_is_left_ticking_when_nobody_waits() -> None:
    """A budget outlives the loop that it was first used on, as in tests."""
    shared = Budgeted(Doing(lambda: asyncio.sleep(3)), SECONDS)

    for _ in range(2):
        assert run(shared.ask(QUESTION)) == ANSWERS
    shared = Budgeted(Doing(lambda: asyncio.sleep(60)), SECONDS)
    for _ in range(2):
        assert is_late(run(shared.ask(QUESTION)))
