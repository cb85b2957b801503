"""Fixtures shared by all tests.

The product is imported where it is started: the process that only hands tests out to workers doesn't wait for it.
"""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared import garbage
from tests.temporary import temporary_files_of_a_run

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

    from shared.sealing.book import Book
    from tests.exchange import Exchange
    from tests.trail import Trail


def pytest_configure(config: pytest.Config) -> None:
    """Before the workers are started, which inherit it."""
    run = ExitStack()
    run.enter_context(temporary_files_of_a_run())
    config.add_cleanup(run.close)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collecting thousands of tests makes objects that stay: looking through them again and again takes seconds."""
    garbage.put_off()
    try:
        return (yield)
    finally:
        garbage.settle()


@pytest.fixture(scope="session")
def running() -> "Iterator[Exchange]":
    """The whole product, started once for the session."""
    from tests.exchange import running_exchange

    with running_exchange() as exchange:
        yield exchange


@pytest.fixture
def exchange(running: "Exchange") -> "Iterator[Exchange]":
    """The product at the real time; a test that moves the clock leaves no trace for the next."""
    running.clock.back_to_now()
    yield running
    running.clock.back_to_now()


@pytest.fixture(scope="session")
def trail_template(running: "Exchange", tmp_path_factory: pytest.TempPathFactory) -> "tuple[Book, ECKey]":
    """A sealed trail that nobody touches, its checkpoints and its key."""
    from joserfc.jwk import ECKey

    from shared.sealing.book import Book
    from tests.trail import make_template

    book = Book(tmp_path_factory.mktemp("checkpoints"), "samrad.consultation")
    key = ECKey.generate_key("P-256", private=True)
    make_template(running.postgres, book, key)
    return book, key


@pytest.fixture
def untouched(running: "Exchange", trail_template: "tuple[Book, ECKey]") -> "Trail":
    """The trail itself, for tests of what is refused."""
    from tests.trail import TEMPLATE, Trail

    return Trail(running.postgres, TEMPLATE, *trail_template)


@pytest.fixture
def trail(running: "Exchange", trail_template: "tuple[Book, ECKey]", tmp_path: Path) -> "Iterator[Trail]":
    """A sealed trail of the test's own, to be tampered with."""
    from tests.trail import copied, drop

    made = copied(running.postgres, *trail_template, tmp_path)
    yield made
    drop(made)
