"""Fixtures shared by all tests."""

import random
from collections.abc import Iterator

import pytest
from pgqueuer.core import buffers

from tests.exchange import Exchange, running_exchange

# The workers of the running product jitter their timers with the generator of the whole process, which Hypothesis
# seeds and watches: a draw in another thread fails its test.
vars(buffers)["random"] = random.Random()  # noqa: S311 - not a secret


@pytest.fixture(scope="session")
def running() -> Iterator[Exchange]:
    """The whole product, started once for the session."""
    with running_exchange() as exchange:
        yield exchange


@pytest.fixture
def exchange(running: Exchange) -> Iterator[Exchange]:
    """The product at the real time; a test that moves the clock leaves no trace for the next."""
    running.clock.back_to_now()
    yield running
    running.clock.back_to_now()
