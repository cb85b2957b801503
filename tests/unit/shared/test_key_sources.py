"""Keys of an issuer: fetched once for all who wait, asked for again no oftener than every ten seconds."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.tokens import keys as under_test
from shared.tokens.jose import InvalidToken
from shared.tokens.keys import KeysUnavailable, RemoteKeys
from tests.unit.shared import given as g

PUBLISHED: dict[str, Any] = {"keys": [g.ISSUER_KEY.as_dict(private=False)]}


class Issuer:
    """An issuer's key set, with a count of how often it was fetched."""

    def __init__(self) -> None:
        self.answer: Callable[[], dict[str, Any]] = lambda: PUBLISHED
        self.fetched = 0
        self.slow = 0.0

    async def fetch(self) -> dict[str, object]:
        self.fetched += 1
        await asyncio.sleep(self.slow)
        return self.answer()


class Seconds:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    monkeypatch.setattr(under_test, "time", clock)
    return clock


def broken(fault: Exception) -> Callable[[], dict[str, Any]]:
    def answer() -> dict[str, Any]:
        raise fault

    return answer


def test_a_key_is_fetched_once_and_then_known(seconds: Seconds) -> None:
    issuer = Issuer()
    source = RemoteKeys(issuer.fetch)

    async def ask_twice() -> None:
        for _ in range(2):
            assert (await source.find("issuer-1")).thumbprint() == g.ISSUER_KEY.thumbprint()

    g.run(ask_twice())
    assert issuer.fetched == 1


def test_invented_ids_ask_the_issuer_at_most_every_ten_seconds(seconds: Seconds) -> None:
    issuer = Issuer()
    source = RemoteKeys(issuer.fetch)

    async def invent(count: int) -> None:
        for number in range(count):
            with pytest.raises(InvalidToken):
                await source.find(f"invented-{number}")

    g.run(invent(50))
    assert issuer.fetched == 1
    seconds.now += 9.9
    g.run(invent(50))
    assert issuer.fetched == 1
    seconds.now += 0.2
    g.run(invent(50))
    assert issuer.fetched == 2


def test_a_rotated_key_is_found_after_at_most_ten_seconds(seconds: Seconds) -> None:
    issuer = Issuer()
    source = RemoteKeys(issuer.fetch)
    g.run(source.find("issuer-1"))
    issuer.answer = lambda: {"keys": [{**g.ISSUER_KEY.as_dict(private=False), "kid": "issuer-2"}]}

    seconds.now += 10
    assert g.run(source.find("issuer-2")).kid == "issuer-2"
    with pytest.raises(InvalidToken):
        g.run(source.find("issuer-1"))


def test_all_who_come_while_the_first_fetch_is_under_way_get_their_key(seconds: Seconds) -> None:
    issuer = Issuer()
    issuer.slow = 0.01
    source = RemoteKeys(issuer.fetch)

    async def together() -> list[str | None]:
        return [key.kid for key in await asyncio.gather(*(source.find("issuer-1") for _ in range(20)))]

    assert g.run(together()) == ["issuer-1"] * 20
    assert issuer.fetched == 1


def test_all_who_wait_for_a_fetch_that_fails_learn_it_from_that_one(seconds: Seconds) -> None:
    issuer = Issuer()
    issuer.slow, issuer.answer = 0.01, broken(OSError("down"))
    source = RemoteKeys(issuer.fetch)

    async def together() -> list[object]:
        return list(await asyncio.gather(*(source.find("issuer-1") for _ in range(20)), return_exceptions=True))

    assert {type(outcome) for outcome in g.run(together())} == {KeysUnavailable}
    assert issuer.fetched == 1
    issuer.answer = lambda: PUBLISHED
    assert g.run(source.find("issuer-1")).kid == "issuer-1"


def test_one_who_gives_up_waiting_takes_the_fetch_from_nobody_else(seconds: Seconds) -> None:
    issuer = Issuer()
    issuer.slow = 0.02
    source = RemoteKeys(issuer.fetch)

    async def first_gives_up() -> str | None:
        first = asyncio.create_task(source.find("issuer-1"))
        second = asyncio.create_task(source.find("issuer-1"))
        await asyncio.sleep(0.001)
        first.cancel()
        return (await second).kid

    assert g.run(first_gives_up()) == "issuer-1"


@pytest.mark.parametrize(
    "answer",
    [{}, {"keys": []}, {"keys": None}, {"keys": [1]}, {"keys": [{"kty": "EC"}]}, {"keys": [{"kty": []}]}, [], None],
)
def test_a_key_set_that_cannot_be_read_is_unavailable_and_not_a_fault(seconds: Seconds, answer: Any) -> None:
    issuer = Issuer()
    issuer.answer = lambda: answer

    with pytest.raises(KeysUnavailable):
        g.run(RemoteKeys(issuer.fetch).find("issuer-1"))


def test_known_keys_serve_on_while_the_issuer_is_away(seconds: Seconds) -> None:
    issuer = Issuer()
    source = RemoteKeys(issuer.fetch)
    g.run(source.find("issuer-1"))
    issuer.answer = broken(OSError("down"))

    seconds.now += 301
    assert g.run(source.find("issuer-1")).kid == "issuer-1"
    assert issuer.fetched == 2


def test_keys_that_could_not_be_fetched_anew_for_an_hour_are_trusted_no_longer(seconds: Seconds) -> None:
    issuer = Issuer()
    source = RemoteKeys(issuer.fetch)
    g.run(source.find("issuer-1"))
    issuer.answer = broken(OSError("down"))

    seconds.now += 3600
    assert g.run(source.find("issuer-1")).kid == "issuer-1"
    seconds.now += 1
    assert not source.holds("issuer-1")
    for key_id in ("issuer-1", "issuer-2"):
        with pytest.raises(KeysUnavailable):
            g.run(source.find(key_id))

    issuer.answer = lambda: PUBLISHED
    seconds.now += 10
    assert g.run(source.find("issuer-1")).kid == "issuer-1"
    assert source.holds("issuer-1")


def test_a_source_says_which_keys_it_holds_without_asking(seconds: Seconds) -> None:
    issuer = Issuer()
    source = RemoteKeys(issuer.fetch)
    assert not source.holds("issuer-1")
    assert issuer.fetched == 0
    g.run(source.find("issuer-1"))
    assert source.holds("issuer-1")
    assert not source.holds("issuer-2")


def test_a_key_of_a_kind_not_known_does_not_take_the_others_with_it(seconds: Seconds) -> None:
    issuer = Issuer()
    issuer.answer = lambda: {"keys": [{"kty": "AKP", "kid": "later", "alg": "ML-DSA-44"}, *PUBLISHED["keys"]]}

    assert g.run(RemoteKeys(issuer.fetch).find("issuer-1")).kid == "issuer-1"
