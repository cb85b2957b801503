"""The facade: what a case system gets that asks us instead of the composite service."""

from collections.abc import Iterator

import pytest

from services.consultation.lookups.facade.writers.registry import WRITERS
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.exchange import Exchange
from tests.facade import FacadeClient, facade_client, question, with_a_writer

pytestmark = pytest.mark.requirement(1)

with_a_writer()


@pytest.fixture
def facade(exchange: Exchange) -> Iterator[FacadeClient]:
    with facade_client(exchange) as client:
        yield client


def test_x(exchange: Exchange, facade: FacadeClient) -> None:
    answer = facade.post(question(today=exchange.clock().date()))
    print(answer.headers, answer.text)
    answer = facade.http.get(facade.url + "?wsdl")
    print(answer.text[-500:])
    answer = facade.http.get(facade.url)
    print(answer.text[-500:])
    assert 0
