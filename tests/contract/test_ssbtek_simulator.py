"""What the simulator answers, held to the official schemas and read by an independent SOAP client."""

import asyncio
from base64 import b64decode

import httpx
import pytest
from lxml import etree

from services.consultation.lookups.simulator.app import create_app
from services.consultation.lookups.simulator.persons import PERSONS, SimulatedPerson
from services.consultation.lookups.simulator.soap import probe_answer
from services.consultation.lookups.simulator.states import CASES, Known
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import build_probe, build_request
from services.consultation.lookups.sources.ssbtek.rules import operation_of
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from services.consultation.persons.domain import PersonNumber
from tests.contract.ssbtek_contract import csn_schema, needs_contract, schema, zeep_client
from tests.sizes import fewer_persons
from tests.unit.lookups.given import AUTUMN, MAX_BYTES, inquiry, no_sleep, simulated

pytestmark = pytest.mark.requirement(1)

_PERSONS = fewer_persons(PERSONS)
_ANSWERING = {name: PERSONS[name] for name in _PERSONS if PERSONS[name].fault is None}
_BROKEN_INSIDE_CSN = {"csn_unreadable", "state_csn_partial", "state_csn_unparseable"}
_WITHOUT_A_SOURCE = {"source_absent", *(case.person for case in CASES if case.known is Known.MISSING)}
_VALID = [name for name, person in _ANSWERING.items() if person.valid_by_schema]


def content(body: bytes) -> Element:
    """What is in the Body."""
    found = operation_of(parse(body, max_bytes=MAX_BYTES))
    assert found is not None
    return found


def post(body: bytes) -> httpx.Response:
    """Send to the simulator over ASGI."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(sleep=no_sleep))
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
            return await client.post("/ssbt/10", content=body, headers={"content-type": "text/xml"})

    return asyncio.run(send())


@pytest.mark.parametrize("person", [PERSONS[name] for name in _PERSONS], ids=_PERSONS)
def test_every_simulated_person_is_from_the_1890s_with_a_right_check_digit(person: SimulatedPerson) -> None:
    assert PersonNumber.parse(person.number).reveal().startswith("189")
    assert person.description


def test_no_two_simulated_persons_share_a_number() -> None:
    assert len({person.number for person in PERSONS.values()}) == len(PERSONS) >= 22
    assert any(PersonNumber.parse(person.number).is_coordination_number for person in PERSONS.values())


@needs_contract
@pytest.mark.parametrize("name", _VALID)
def test_the_answer_is_valid_by_the_official_schema(name: str) -> None:
    schema().assertValid(content(simulated(name)))


@needs_contract
@pytest.mark.parametrize("name", sorted(set(_ANSWERING) - set(_VALID)))
def test_a_deviating_answer_breaks_the_official_schema_on_purpose(name: str) -> None:
    assert not schema().validate(content(simulated(name)))


@needs_contract
@pytest.mark.parametrize("name", [name for name in _VALID if name not in _BROKEN_INSIDE_CSN])
def test_the_document_inside_csn_is_valid_by_its_own_schema(name: str) -> None:
    inner = content(simulated(name)).find(f".//{V10.name('CSN')}/{V10.name('data')}/{V10.name('svar')}")

    if inner is not None:
        csn_schema().assertValid(etree.fromstring(b64decode(inner.text or "")))


@needs_contract
@pytest.mark.parametrize("name", _VALID)
def test_an_independent_client_reads_the_answer(name: str) -> None:
    client = zeep_client(strict=True)
    kind = client.wsdl.types.get_element(V10.name(V10.answer))

    read = kind.parse(content(simulated(name)), client.wsdl.types)

    assert read.korrelationsid == "00000000-0000-4000-8000-000000000001"
    given = [code for code in SourceCode if read.svarsdata[code.value] is not None]
    assert len(given) == (6 if name in _WITHOUT_A_SOURCE else 7)


@needs_contract
def test_the_answer_to_the_probe_is_valid_and_carries_no_personal_data() -> None:
    answer = content(post(build_probe(V10)).content)

    schema().assertValid(answer)
    assert {text for text in answer.itertext() if text.strip()} == {"true", "false"}


@needs_contract
def test_the_answer_to_the_probe_is_valid_when_sources_are_down() -> None:
    answer = content(probe_answer(V10, set(SourceCode)))

    schema().assertValid(answer)
    # The source without a test service is never called, so that it can't be seen to be down.
    assert [child.tag for child in answer if len(child) == 2] == [V10.name(code) for code in SourceCode][:-1]


def test_only_the_included_sources_are_in_the_answer() -> None:
    answer = content(simulated("complete", sources={SourceCode.SO: AUTUMN, SourceCode.AF: AUTUMN}))

    assert [child.tag for child in answer[-1]] == [V10.name("AF"), V10.name("SO")]


def test_a_malformed_request_gets_a_soap_fault_with_detail() -> None:
    request = build_request(inquiry(), V10).replace(b"162120000000", b"2120000000")

    answer = post(request)

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/xml")
    fault = content(answer.content)
    assert fault.findtext("detail/*/{*}felkod") == "SSBT-SCHEMA"


@pytest.mark.parametrize("body", [b"", b"<html/>", b"not xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_what_is_not_a_soap_request_gets_a_fault_without_detail(body: bytes) -> None:
    answer = post(body)

    assert answer.status_code == 500
    assert content(answer.content).find("detail") is None


def test_an_envelope_of_another_version_gets_a_fault_without_detail() -> None:
    answer = post(build_request(inquiry(), V10).replace(b"/ssbt/10", b"/ssbt/11"))

    assert answer.status_code == 500
    assert content(answer.content).find("detail") is None


@pytest.mark.parametrize(("name", "detail"), [("service_fault", True), ("generic_fault", False)])
def test_a_whole_service_fault_is_a_soap_fault(name: str, detail: bool) -> None:
    answer = post(build_request(inquiry(name), V10))

    assert answer.status_code == 500
    assert (content(answer.content).find("detail") is not None) is detail


def test_the_slow_person_is_answered_after_nine_seconds() -> None:
    waited: list[float] = []

    async def send() -> None:
        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        transport = httpx.ASGITransport(create_app(sleep=sleep))
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
            await client.post("/ssbt/10", content=build_request(inquiry("slow"), V10))

    asyncio.run(send())
    assert waited == [9.0]
