"""What several attacks begin with."""

import pytest

from tests.attack.rows import seed
from tests.exchange import Exchange


@pytest.fixture(scope="session")
def rows(running: Exchange) -> Exchange:
    """The product with rows of two organisations in every table that holds an organisation's."""
    running.clock.back_to_now()
    seed(running)
    return running
