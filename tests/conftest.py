"""Fixtures shared by all tests."""

from collections.abc import Iterator

import pytest

from tests.exchange import Exchange, running_exchange


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
