"""Our own WSDL and schemas, and what the facade sends, held to the official ones and to an independent SOAP client."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.transports import Transport

from services.consultation.lookups.facade.documents import FOLDER
from services.consultation.lookups.simulator.app import respond
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import build_request
from services.consultation.lookups.sources.ssbtek.rules import MAX_REQUEST_BYTES, operation_of, violations
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from tests.contract.ssbtek_contract import needs_contract, official_wsdl, schema
from tests.contract.test_ssbtek_request import in_envelope, mutated
from tests.exchange import Exchange
from tests.facade import LEGAL_TEXT, PURPOSE_TEXT, UMEA, facade_client, question
from tests.sizes import sample_or_full
from tests.unit.lookups.given import inquiry, no_sleep

pytestmark = pytest.mark.requirement(1)

OURS = etree.XMLSchema(etree.parse(FOLDER / "ssbt.xsd"))
PORT = "{http://schema.forsakringskassan.se/integration/ssbt/10}BastjanstInformationInterfaceSoapBinding"
_ANSWERING = [name for name, person in PERSONS.items() if person.fault is None]
_TEXTS = ("", " ", "true", "0", "x", "2026-09-01", "2026-09-01+01:00", "189001049809", "YWJj", "-7", "OK", "BT")


def content(body: bytes) -> Element:
    """What is in the Body."""
    found = operation_of(parse(body, max_bytes=4 * MAX_REQUEST_BYTES))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def answers() -> dict[str, Element]:
    """What the simulator answers, by person."""
    sent = {name: build_request(inquiry(name), V10) for name in _ANSWERING}
    return {name: content(bytes(asyncio.run(respond(body, no_sleep)).body)) for name, body in sent.items()}


@settings(max_examples=sample_or_full(60, 400), deadline=None)
@given(mutated())
def test_our_schema_agrees_with_our_rules_on_any_question(asked: Element) -> None:
    sent = in_envelope(asked)
    assert OURS.validate(content(sent)) == (violations(sent, V10) == []), sent


@needs_contract
@settings(max_examples=sample_or_full(60, 1000), deadline=None)
@given(mutated())
def test_our_schema_agrees_with_the_official_one_on_any_question(asked: Element) -> None:
    assert OURS.validate(asked) == schema().validate(asked), etree.tostring(asked)


@needs_contract
@settings(max_examples=sample_or_full(80, 2000), deadline=None)
@given(data=st.data())
def test_our_schema_agrees_with_the_official_one_on_any_answer(
    answers: dict[str, Element], data: st.DataObject
) -> None:
    answer = deepcopy(answers[data.draw(st.sampled_from(_ANSWERING))])
    for _ in range(data.draw(st.integers(0, 2))):
        chosen = data.draw(st.sampled_from(list(answer.iter(etree.Element))[1:]))
        parent = chosen.getparent()
        assert parent is not None
        match data.draw(st.sampled_from(["text", "remove", "repeat", "move", "rename", "attribute"])):
            case "text":
                chosen.text = data.draw(st.sampled_from(_TEXTS))
            case "remove":
                parent.remove(chosen)
            case "repeat":
                chosen.addnext(deepcopy(chosen))
            case "move":
                parent.append(chosen)
            case "rename":
                chosen.tag = f"{{{etree.QName(chosen).namespace or 'urn:x'}}}other"
            case _:
                chosen.set("other", "1")

    assert OURS.validate(answer) == schema().validate(answer), etree.tostring(answer)


# --- an independent client, over TLS both ways ---------------------------------------------------------------------


@pytest.fixture
def transport(exchange: Exchange) -> Iterator[Any]:
    """How a case system connects with its certificate."""
    folder = exchange.home / "facade"
    with requests.Session() as session:
        session.trust_env = False
        session.verify, session.cert = str(folder / "ca.crt"), (str(folder / "umea.crt"), str(folder / "umea.key"))
        make: Any = Transport
        yield make(session=session)


@pytest.fixture(params=["ours", pytest.param("official", marks=needs_contract)])
def service(request: pytest.FixtureRequest, exchange: Exchange, transport: Any) -> Any:
    """The service as the client makes it, strictly, from our description or from the official one."""
    make, strict = Client, Settings(strict=True)  # type: Any, Any
    address = f"https://127.0.0.1:{exchange.ports['facade']}/ssbt/10"
    if request.param == "ours":
        return make(f"{address}?wsdl", transport=transport, settings=strict).service
    return make(official_wsdl(), transport=transport, settings=strict).create_service(PORT, address)


def asked(person: str, today: date) -> dict[str, Any]:
    """The parameters of a question, as the client wants them."""
    return {
        "generellaFrageparametrar": {
            "korrelationsid": "k-1",
            "fraganSkallInkluderasISvaret": True,
            "ingivare": {"organisationsnummer": UMEA, "namn": "Umeå kommun", "handlaggare": "Anna Ågren"},
            "personidentitet": PERSONS[person].number,
            "arendeidentitet": "EB-ZEEP-1",
            "tidsperiod": {"fromDatum": today - timedelta(days=30), "tomDatum": today},
            "syfte": PURPOSE_TEXT,
            "lagtext": LEGAL_TEXT,
        },
        "specifikaFrageparametrar": {code.value: {"inkludera": True} for code in SourceCode},
    }


def test_an_independent_client_asks_and_reads_every_source(exchange: Exchange, service: Any) -> None:
    answer = service.hamtaBastjanstInformation(**asked("complete", exchange.clock().date()))

    assert answer.korrelationsid == "k-1"
    assert answer.fraga.generellaFrageparametrar.ingivare.handlaggare == "Anna Ågren"
    assert [code.value for code in SourceCode if answer.svarsdata[code.value] is None] == []
    assert answer.svarsdata.TNS.data.fordonsinnehav.fordon[0].fabrikat == "EXEMPELBIL"


def test_an_independent_client_gets_the_same_data_as_over_rest(exchange: Exchange, service: Any) -> None:
    today = exchange.clock().date()
    first = today - timedelta(days=90)
    asking = asked("complete", today)
    asking["generellaFrageparametrar"]["tidsperiod"]["fromDatum"] = first
    everything = [code.value for code in SourceCode]
    answer = exchange.look_up("complete", period={"from": str(first), "to": str(today)}, sources=everything)
    rest = {each["source"]: each["data"] for each in answer.json()["sources"]}

    told = service.hamtaBastjanstInformation(**asking).svarsdata

    decisions = [
        {"type": each.ErsattningTyp, "extent": each.Omfattning, "from": day(each.BeslutFrom), "to": day(each.BeslutTom)}
        for each in told.AF.data.Svar.BeslutInfo.EkonomiskaBeslut.Beslut
    ]
    assert decisions == rest["AF"]["decisions"] != []
    payments = [
        (fund.SvarandeOrganisation, day(each.Utbetalningsdatum), str(each.NettoEfterSkatt), day(each.AvserFrom))
        for fund in told.SO.data.ArbetsloshetsersattningLista.Arbetsloshetsersattning
        for each in fund.Utbetalningar
    ]
    assert payments != []
    assert payments == [
        (fund["name"], each["date"], each["netAfterTax"]["amount"], each["from"])
        for fund in rest["SO"]["funds"]
        for each in fund["payments"]
    ]
    vehicles = [(each.regnr, each.fabrikat, each.fordonsar) for each in told.TNS.data.fordonsinnehav.fordon]
    assert vehicles == [(each["registration"], each["make"], each["year"]) for each in rest["TNS"]["vehicles"]] != []
    permits = [
        (each.beslutsKod, day(each.fromDatum), day(each.tomDatum))
        for each in told.MIV.data.response.svarCollection.svar
    ]
    assert permits == [(each["decision"]["code"], each["from"], each["to"]) for each in rest["MIV"]["permits"]] != []
    # What is inside the three that wrap a document is read by the standard library.
    csn = fromstring(unwrapped(told.CSN.data.svar))  # noqa: S314 - our own answer
    totals = [f"{each.text}.00" for each in csn.findall(".//{*}Utbetalning/{*}totbelopp")]
    assert totals == [each["total"]["amount"] for case in rest["CSN"]["cases"] for each in case["payments"]] != []
    lefi = json.loads(unwrapped(told.FK.data.lefiJsonSvar), parse_float=str)["formansinformation"]
    nets = [(each["datum"], Decimal(each["nettobelopp"]["summa"])) for each in lefi["utbetalningsuppgift"]]
    assert nets != []
    assert nets == [
        (each["date"], Decimal(each["net"]["amount"]))
        for each in rest["FK"]["payments"]
        if (each["supplier"], each["preliminary"]) == ("FK", False)
    ]
    skv = fromstring(told.SKV.data.svar)  # noqa: S314 - our own answer
    years = [each.text for each in skv.findall(".//{*}Kapitaluppgift/{*}Taxeringsar")]
    assert years == [each["taxYear"] for each in rest["SKV"]["capital"]] != []


def day(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()[:10]


def unwrapped(value: str | bytes) -> bytes:
    """The document inside, whether the client has decoded it or left that to us."""
    return b64decode(value) if isinstance(value, str) else value


def test_an_independent_client_passes_over_the_header_on_what_is_left_out(exchange: Exchange, service: Any) -> None:
    asking = asked("complete", exchange.clock().date())
    asking["generellaFrageparametrar"]["syfte"] = "Prövning av återkrav av ekonomiskt bistånd"
    asking["specifikaFrageparametrar"] = {code.value: {"inkludera": code is SourceCode.AF} for code in SourceCode}

    data = service.hamtaBastjanstInformation(**asking).svarsdata.AF.data

    assert data.Svar.ArbetssokandeInfo is None
    assert len(data.Svar.BeslutInfo.EkonomiskaBeslut.Beslut) > 0


def test_an_independent_client_reads_errors_and_faults(exchange: Exchange, service: Any) -> None:
    answer = service.hamtaBastjanstInformation(**asked("all_down", exchange.clock().date()))
    assert {answer.svarsdata[code.value].error.kalla for code in SourceCode} == {"BT", "SSBT"}

    wrong = asked("complete", exchange.clock().date())
    wrong["generellaFrageparametrar"]["tidsperiod"]["tomDatum"] = date(2001, 1, 1)
    with pytest.raises(Fault) as refused:
        service.hamtaBastjanstInformation(**wrong)
    told = refused.value.detail[0]
    assert told.tag == V10.name(V10.fault)
    assert told[0].text == "period_invalid"


def test_an_independent_client_tests_the_sources(service: Any) -> None:
    answer = service.testaBastjanstInformation()
    assert {answer[code.value].anropad for code in SourceCode} <= {True, False}


@needs_contract
@pytest.mark.parametrize("person", ["complete", "all_down", "nothing_registered"])
def test_what_the_facade_answers_is_valid_by_the_official_schema(exchange: Exchange, person: str) -> None:
    with facade_client(exchange) as facade:
        answer = facade.post(question(person, today=exchange.clock().date(), echo="true"))
    schema().assertValid(content(answer.content))
