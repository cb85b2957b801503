"""Answers that several requests are given, one made for all of them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.responses import Response

from shared.http.shared_answers import EACH_BYTES, SharedAnswers

Make = Callable[[], Awaitable[Response]]


class Counting:
    """Makes an answer when it is let, and counts how many it has begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> Response:
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        return Response(f"{number}", media_type="text/plain", headers={"Vary": "Accept"})


def test_an_answer_is_made_once_for_all_who_ask_and_kept_as_it_was() -> None:
    async def run() -> None:
        answers, make = SharedAnswers(), Counting()
        asked = [asyncio.ensure_future(answers.kept("key", make)) for _ in range(16)]
        await asyncio.sleep(0)
        make.may_end.set()
        told = [await each for each in asked]
        later = await answers.kept("key", make)
        assert {each.body for each in (*told, later)} == {b"1"}
        assert (later.headers["vary"], later.headers["content-type"]) == ("Accept", "text/plain; charset=utf-8")
        assert later.headers.getlist("content-length") == ["1"]
        assert (await answers.kept("another", make)).body == b"2"

    asyncio.run(run())


def test_who_goes_away_takes_nothing_from_the_others() -> None:
    async def run() -> None:
        answers, make = SharedAnswers(), Counting()
        gone = asyncio.ensure_future(answers.kept("key", make))
        stays = asyncio.ensure_future(answers.kept("key", make))
        await asyncio.sleep(0)
        gone.cancel()
        make.may_end.set()
        assert (await stays).body == b"1"
        assert gone.cancelled()

    asyncio.run(run())


def test_what_could_not_be_made_is_told_to_all_who_waited_and_not_kept() -> None:
    async def run() -> None:
        answers = SharedAnswers()

        async def refused() -> Response:
            await asyncio.sleep(0)
            raise ValueError("no such cut")

        asked = [asyncio.ensure_future(answers.kept("key", refused)) for _ in range(2)]
        for each in asked:
            with pytest.raises(ValueError, match="no such cut"):
                await each
        make = Counting()
        make.may_end.set()
        assert (await answers.kept("key", make)).body == b"1"

    asyncio.run(run())


def test_what_has_not_been_asked_for_longest_gives_way() -> None:
    async def run() -> None:
        answers, make = SharedAnswers(most_bytes=3 * (EACH_BYTES + 1)), Counting()
        make.may_end.set()
        for key in ("a", "b", "c"):
            await answers.kept(key, make)
        await answers.kept("a", make)
        await answers.kept("d", make)
        assert (await answers.kept("a", make)).body == b"1"
        assert (await answers.kept("b", make)).body == b"5"

    asyncio.run(run())
