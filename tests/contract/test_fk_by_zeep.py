"""An independent SOAP client beside our reader of FK: zeep takes the answer apart, and the two agree on payments.

zeep reads leniently, by the official WSDL; what is inside `lefiJsonSvar` is then read here by the words of LEFI's
contract, without a line of the reader's.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.rules import operation_of
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import parse
from tests.contract.ssbtek_contract import needs_contract, zeep_client
from tests.unit.lookups.given import MAX_BYTES, encoded, readings, simulated
from tests.unit.lookups.given_fk import data_of, golden_text

pytestmark = [pytest.mark.requirement(1), needs_contract]

Row = tuple[str, bool, str | None, str | None, str | None, Decimal | None, Decimal | None]
"""Supplier, whether it is preliminary, date, period from and to, gross and net."""


def with_the_golden_answer() -> bytes:
    root = etree.fromstring(simulated("complete"))
    next(root.iter("{*}lefiJsonSvar")).text = encoded(golden_text())
    return etree.tostring(root)


def by_zeep(body: bytes) -> list[Row]:
    client = zeep_client(strict=False)
    operation = operation_of(parse(body, max_bytes=MAX_BYTES))
    answer = client.wsdl.types.get_element(V10.name(V10.answer)).parse(operation, client.wsdl.types)
    data = answer.svarsdata.FK.data
    # zeep has decoded the base64 already.
    return list(lefi_payments(json.loads(data.lefiJsonSvar, parse_float=Decimal))) if data is not None else []


def lefi_payments(document: Any) -> Iterator[Row]:
    information = document.get("formansinformation", {})
    for name, preliminary in (("utbetalningsuppgift", False), ("preliminarautbetalningar", True)):
        for each in information.get(name, []):
            period = each.get("period", {})
            amounts = [each[amount]["summa"] for amount in ("bruttobelopp", "nettobelopp")]
            dates = (each["datum"], period.get("fran"), period.get("till"))
            yield ("FK", preliminary, *dates, Decimal(amounts[0]), Decimal(amounts[1]))
    for name, preliminary in (("utbetalningar", False), ("preliminaraUtbetalningar", True)):
        for each in document.get(name, []):
            dates = (each["utbetalningsdatum"], each["utbetalningsperiod"]["from"], each["utbetalningsperiod"]["tom"])
            yield ("PM", preliminary, *dates, Decimal(each["bruttobelopp"]), Decimal(each["nettobelopp"]))


def by_us(body: bytes) -> list[Row]:
    return [
        (
            each["supplier"],
            each["preliminary"],
            each["date"],
            each["from"],
            each["to"],
            *(Decimal(each[amount]["amount"]) if each[amount] else None for amount in ("gross", "net")),
        )
        for each in data_of(readings(body)[SourceCode.FK])["payments"]
    ]


@pytest.mark.parametrize(
    "name", ["complete", "pensioner", "pension_unavailable", "not_entitled", "nothing_registered", "protected_by_fk"]
)
def test_zeep_and_we_read_the_same_payments_in_what_the_simulator_answers(name: str) -> None:
    assert name in PERSONS
    body = simulated(name)

    assert by_zeep(body) == by_us(body)
    assert bool(by_us(body)) is (name != "nothing_registered")


def test_zeep_and_we_read_the_same_payments_in_the_answer_with_every_member() -> None:
    body = with_the_golden_answer()

    assert len(by_us(body)) == 5
    assert by_zeep(body) == by_us(body)
