"""Clients of the running product for libraries of others."""

from collections.abc import Iterator

import pytest

from tests.exchange import Exchange
from tests.interop.clients import TestClient, make_clients, registered


@pytest.fixture(scope="package")
def clients(running: Exchange) -> Iterator[dict[str, TestClient]]:
    """A registered client of Umeå for each algorithm, by algorithm."""
    running.clock.back_to_now()
    made = make_clients("interop")
    with registered(running.home / "clients" / "clients.json", made):
        yield made
