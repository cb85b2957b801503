"""One consultation service to send from, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.exchange import Exchange
from tests.webhooks import Hooks, Receiver, furnished, receiving


@pytest.fixture(scope="package")
def place(running: Exchange) -> Iterator[Hooks]:
    running.clock.back_to_now()
    with furnished(running, "webhooks") as hooks:
        yield hooks


@pytest.fixture
def hooks(place: Hooks, exchange: Exchange) -> Hooks:
    place.empty()
    return place


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening
