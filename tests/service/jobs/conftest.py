"""One PostgreSQL with a queue of jobs, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from shared.database.embedded import EmbeddedPostgres
from tests.background import Place, furnish
from tests.clusters import furnish as furnish_cluster


@pytest.fixture(scope="package")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("jobs") / "pg"
    furnish_cluster(home)
    with EmbeddedPostgres(home) as postgres:
        yield furnish(postgres)


@pytest.fixture
def place(furnished: Place) -> Place:
    furnished.empty()
    return furnished
