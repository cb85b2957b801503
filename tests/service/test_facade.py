"""The facade: what a case system gets that asks us instead of the composite service."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from lxml import etree

from services.consultation.grounds.agreements import AgreementsGrounds
from services.consultation.lookups.facade.answer import PARTIAL, PROTECTED, UNPARSEABLE
from services.consultation.lookups.facade.documents import FOLDER
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import Origin, SourceCode
from services.consultation.lookups.sources.ssbtek.rules import operation_of
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from shared.problems import UNAVAILABLE, Problem
from tests.attack.support import sql
from tests.exchange import Exchange
from tests.facade import FacadeClient, facade_client, fault_of, own_period, question, registered
from tests.reading import whole_trail
from tests.sizes import sample_or_full

pytestmark = pytest.mark.requirement(1)

ANSWERING = [name for name, person in PERSONS.items() if person.fault is None and person.delay_seconds == 0]
_WITH_WORDS_FOR_IT = (SourceCode.FK,)
_SHOWING = ["complete", "state_af_partial", "nothing_registered", "late_and_failed", "tns_refused", "source_absent"]
COMPARED = list(dict.fromkeys([*_SHOWING, *ANSWERING]))[: sample_or_full(len(_SHOWING), len(ANSWERING))]
OUR_SCHEMA = etree.XMLSchema(etree.parse(FOLDER / "ssbt.xsd"))


@pytest.fixture
def facade(exchange: Exchange) -> Iterator[FacadeClient]:
    with facade_client(exchange) as client:
        yield client


@pytest.fixture
def today(exchange: Exchange) -> date:
    return exchange.clock().date()


def content(body: bytes) -> Element:
    """What is in the Body."""
    found = operation_of(parse(body, max_bytes=4_000_000))
    assert found is not None
    return found


def by_source(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The sources of an answer over REST."""
    return {source["source"]: source for source in answer["sources"]}


# --- the same as over REST ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", COMPARED)
def test_every_source_answers_as_over_rest(exchange: Exchange, facade: FacadeClient, today: date, person: str) -> None:
    answer = exchange.look_up(person).json()
    told = by_source(answer)
    answered = facade.answered(question(person, today=today)).sources
    if answer["withheld"]:
        assert {read_source(V10.readers[code], answered[code])[0].code for code in SourceCode} == {PROTECTED}
        return

    for code in SourceCode:
        expected, elements = told[code], answered.get(code, [])
        if expected["state"] == "missing":
            assert not elements
            continue
        reading, origin = read_source(V10.readers[code], elements)
        if expected["state"] == "error":
            assert (reading.state, reading.code) == ("error", expected["code"])
            assert origin is (Origin.BT if expected["origin"] == "BT" else Origin.SSBT)
            assert list(reading.messages) == expected["messages"]
        elif reading.code == PARTIAL:
            assert (expected["state"], origin, code in _WITH_WORDS_FOR_IT) == ("partial", Origin.SSBT, False)
        elif expected["state"] == "unparseable":
            assert (origin, reading.code) == (Origin.SSBT, UNPARSEABLE)
        else:
            assert (reading.state, reading.code) == (expected["state"], expected["code"])
            assert reading.data == expected["data"]


def test_what_the_purpose_does_not_open_is_named_in_a_header_that_may_be_passed_over(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    recovery, four = "Återkrav", {"AF": "", "CSN": "", "FK": "", "SO": ""}
    with registered(exchange, purpose="financial_aid_recovery"):
        answer = facade.post(question(today=today, sources=four, purpose=recovery))
    whole = facade.post(question(today=today))

    header, _ = parse(answer.content, max_bytes=4_000_000)
    sources = {each.get("code"): [piece.text for piece in each] for each in header[0]}
    assert list(sources) == list(four)
    assert sources["AF"][:2] == ["jobseeker", "registered"]
    assert [attribute for each in header.iter() for attribute in each.attrib if "mustUnderstand" in attribute] == []
    assert b"Header" not in whole.content


@pytest.mark.parametrize("person", COMPARED)
def test_an_answer_is_valid_by_our_schema(facade: FacadeClient, today: date, person: str) -> None:
    OUR_SCHEMA.assertValid(content(facade.post(question(person, today=today, echo="true")).content))


def test_what_is_not_asked_is_not_answered_and_sources_hear_only_what_is_theirs(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    exchange.sent_to_sources.clear()
    first, last = today - timedelta(days=20), today - timedelta(days=10)
    own = own_period(first, last)

    answered = facade.answered(question(today=today, sources={"AF": own, "TNS": ""}, law="1 kap. 1 § påhittad lag"))

    assert list(answered.sources) == ["AF", "TNS"]
    sent = exchange.sent_to_sources[-1].decode()
    assert sent.count("<ssbt:tidsperiod>") == 2
    assert f"<ssbt:fromDatum>{first}</ssbt:fromDatum><ssbt:tomDatum>{last}</ssbt:tomDatum>" in sent
    assert "<ssbt:handlaggare>hl-1</ssbt:handlaggare>" in sent
    assert "15 kap. 10-12 §§" in sent, "the tenant's own text"
    assert "påhittad" not in sent


def lefi(number: str, **members: object) -> str:
    """What a caller sends for FK."""
    body = b64encode(json.dumps({"personnummer": number, **members}).encode()).decode()
    return f"<q:fraga><q:aktorsid>somebody-elses</q:aktorsid><q:lefiJsonFraga>{body}</q:lefiJsonFraga></q:fraga>"


def test_of_the_callers_own_question_to_fk_only_the_period_is_used(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    exchange.sent_to_sources.clear()
    period = {"from": str(today - timedelta(days=7)), "tom": str(today)}
    own = lefi(PERSONS["complete"].number[2:], period=period, formansinformation=["FK:EVERYTHING"])

    facade.answered(question(today=today, sources={"FK": own}))

    sent = exchange.sent_to_sources[-1]
    asked = json.loads(b64decode(next(content(sent).iter(V10.name("lefiJsonFraga"))).text or ""))
    assert asked["period"] == period
    assert "FK:EVERYTHING" not in asked["formansinformation"]
    assert b"SANDBOX-UMEA" in sent, "the actor of the tenant's profile"
    assert b"somebody-elses" not in sent


def test_a_question_to_fk_about_somebody_else_is_refused(facade: FacadeClient, today: date) -> None:
    own = lefi(PERSONS["nothing_registered"].number)
    assert facade.refused(question(today=today, sources={"FK": own})).code == "another_person_in_part"


def test_ids_and_the_question_itself_are_repeated_when_asked_for(facade: FacadeClient, today: date) -> None:
    head = "<q:frageTidpunkt>2026-11-20T09:12:00+01:00</q:frageTidpunkt><q:korrelationsid>k 1</q:korrelationsid>"
    answer = content(facade.post(question(today=today, sources={"TNS": ""}, echo="1", head=head)).content)

    assert [etree.QName(part).localname for part in answer] == ["fraga", "frageTidpunkt", "korrelationsid", "svarsdata"]
    assert [part.text for part in answer[1:3]] == ["2026-11-20T09:12:00+01:00", "k 1"]
    assert next(answer[0].iter(V10.name("personidentitet"))).text == PERSONS["complete"].number

    silent = content(facade.post(question(today=today, sources={"TNS": ""})).content)
    assert [etree.QName(part).localname for part in silent] == ["svarsdata"]


@pytest.mark.parametrize("person", ["protected_by_af", "protected_by_fk", "protected_by_csn"])
def test_nothing_is_told_of_a_person_with_protected_identity_and_not_by_whom(
    facade: FacadeClient, today: date, person: str
) -> None:
    answered = facade.answered(question(person, today=today))

    told = {code: read_source(V10.readers[code], answered.sources[code]) for code in SourceCode}
    assert {(origin, reading.code) for reading, origin in told.values()} == {(Origin.SSBT, PROTECTED)}
    assert "Ring" in told[SourceCode.AF][0].messages[0]


def test_the_trail_tells_the_same_as_of_a_look_up_over_rest_and_by_which_way_it_came(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    case = "EB-SAME-1"
    exchange.look_up("complete", caseReference=case)
    facade.answered(question(today=today, case=case))

    entries = [entry for entry in whole_trail(exchange, "umea") if entry["detail"].get("caseReference") == case]
    by_channel = {channel: [entry for entry in entries if entry["channel"] == channel] for channel in ("ssbtek", None)}
    assert [entry["event"] for entry in by_channel["ssbtek"]] == ["lookup.disclosed", "lookup.asked"]
    for ours, theirs in zip(by_channel[None], by_channel["ssbtek"], strict=True):
        assert compared(ours) == compared(theirs)


def compared(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry without what must differ."""
    detail = {name: value for name, value in entry["detail"].items() if name != "decision"}
    same = ("event", "outcome", "organisation", "client", "actor", "objectType", "subject")
    return {**{name: entry[name] for name in same}, "detail": detail}


# --- who is let in -----------------------------------------------------------------------------------------------


def refusals(exchange: Exchange) -> list[dict[str, Any]]:
    """What the municipality's trail has of refusals until now: other tests have written in the future."""
    latest = "SELECT entry FROM audit_entry WHERE event = 'request.refused' AND at <= $1 ORDER BY at DESC LIMIT 5"
    entries = [json.loads(row["entry"]) for row in sql(exchange, latest, exchange.clock())]
    return [entry for entry in entries if entry["actor"].get("channel") == "ssbtek"]


def test_a_certificate_that_is_taken_out_of_the_register_opens_nothing_from_then_on(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    asked = question(today=today, sources={"TNS": ""})
    facade.answered(asked)
    with registered(exchange):
        refused = facade.post(asked)
        assert b"certificate_not_accepted" in refused.content
        assert b"detail" not in refused.content
    facade.answered(asked)


def test_a_register_that_cannot_be_read_lets_nobody_in(exchange: Exchange, facade: FacadeClient, today: date) -> None:
    asked = question(today=today, sources={"TNS": ""})
    with registered(exchange, {"fingerprint": "not one"}):
        assert fault_of(facade.post(asked)).code == "Client"
    facade.answered(asked)


def test_a_registration_that_has_ended_is_refused_and_recorded_for_its_organisation(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    asked = question(today=today, sources={"TNS": ""})
    with registered(exchange, lastDay=str(today - timedelta(days=1))):
        assert b"certificate_not_accepted" in facade.post(asked).content
    assert refusals(exchange)[0]["detail"] == {"reason": "certificate_not_accepted"}
    with registered(exchange, lastDay=str(today + timedelta(days=1))):
        facade.answered(asked)


@pytest.mark.parametrize("organisation", ["162120001124", "162120002626", "192120002627"])
def test_nobody_asks_in_another_organisations_name(
    exchange: Exchange, facade: FacadeClient, today: date, organisation: str
) -> None:
    exchange.sent_to_sources.clear()
    assert facade.refused(question(today=today, organisation=organisation)).code == "asker_not_own"
    assert exchange.sent_to_sources == []
    assert refusals(exchange)[0]["detail"]["reason"] == "asker_not_own"


def test_without_the_scope_neither_operation_is_open_and_each_has_its_own_fault(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    with registered(exchange, scopes=["samrad:lookups.read"]):
        assert facade.refused(question(today=today)).code == "scope_missing"
        tested = facade.post(probe())
    assert b"testaBastjanstInformationFault" in tested.content
    assert b"scope_missing" in tested.content


# --- what is refused ---------------------------------------------------------------------------------------------


def test_a_source_outside_the_purpose_is_refused_and_no_source_is_asked(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    exchange.sent_to_sources.clear()
    recovery = "  prövning av ÅTERKRAV  av ekonomiskt bistånd "
    assert facade.refused(question(today=today, purpose=recovery)).code == "source_outside_purpose"
    assert exchange.sent_to_sources == []
    facade.answered(question(today=today, purpose=recovery, sources={"AF": "", "SO": ""}))


def test_a_purpose_in_other_words_is_the_default_of_the_certificate_or_refused(
    exchange: Exchange, facade: FacadeClient, today: date
) -> None:
    asked = question(today=today, purpose="Ekonomiskt bistånd", sources={"TNS": ""})
    facade.answered(asked)
    with registered(exchange, purpose=None):
        assert facade.refused(asked).code == "purpose_unclear"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "189001049801"}, "person_number_invalid"),
        ({"number": "1890010498"}, "breaks_contract"),
        ({"case": "E" * 32}, "breaks_contract"),
        ({"case": "EB 18900104-9809"}, "case_reference_invalid"),
        ({"handler": "18900104-9809"}, "handler_invalid"),
        ({"handler": "Ä" * 101}, "handler_invalid"),
        ({"handler": ""}, "breaks_contract"),
        ({"period": (date(2026, 3, 2), date(2026, 3, 1))}, "period_invalid"),
        ({"period": (date(2020, 1, 1), date(2026, 1, 1))}, "period_invalid"),
        ({"sources": {}}, "source_outside_purpose"),
        ({"sources": {"SKV": "<q:tidsperiod/>"}}, "breaks_contract"),
    ],
)
def test_what_cannot_be_asked_is_a_fault_of_the_contract_in_two_languages_that_repeats_nothing(
    facade: FacadeClient, today: date, changes: dict[str, Any], code: str
) -> None:
    answer = facade.post(question(today=today, **changes))

    fault = fault_of(answer)
    OUR_SCHEMA.assertValid(next(content(answer.content).iter(V10.name(V10.fault))))
    assert fault.code == code
    assert len(fault.messages) >= 2
    for value in ("1890010498", "EEEE", "ÄÄÄÄ", "2020-01-01"):
        assert value not in answer.text


@pytest.mark.parametrize("handler", ["Anna Ågren", "anna.agren@umea.se", "hl 01 (vik.)"])
def test_a_handler_may_be_a_name_or_a_user_id(facade: FacadeClient, today: date, handler: str) -> None:
    facade.answered(question(today=today, sources={"TNS": ""}, handler=handler))


@pytest.mark.parametrize("person", ["service_fault", "generic_fault"])
def test_a_fault_of_the_composite_service_is_an_error_for_each_source(
    facade: FacadeClient, today: date, person: str
) -> None:
    answered = facade.answered(question(person, today=today, sources={"AF": "", "SO": ""}))

    origins = {read_source(V10.readers[SourceCode(code)], found)[1] for code, found in answered.sources.items()}
    assert (list(answered.sources), origins) == (["AF", "SO"], {Origin.SSBT})


def test_when_no_decision_can_be_had_nothing_is_asked_and_the_fault_is_the_servers(
    exchange: Exchange, facade: FacadeClient, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_answers(*_: object, **__: object) -> None:
        raise Problem(UNAVAILABLE, headers={"Retry-After": "5"})

    monkeypatch.setattr(AgreementsGrounds, "decide", nobody_answers)
    exchange.sent_to_sources.clear()
    answer = facade.post(question(today=today))
    assert fault_of(answer).code == "unavailable"
    assert answer.headers["retry-after"] == "5"
    assert b"<faultcode>soap:Server</faultcode>" in answer.content
    assert exchange.sent_to_sources == []


# --- the test of the sources, and the documents --------------------------------------------------------------------


def probe() -> str:
    """The other operation."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<testaBastjanstInformation xmlns="{V10.namespace}"/></s:Body></s:Envelope>'
    )


def test_the_test_of_the_sources_tells_of_each_and_asks_about_nobody(exchange: Exchange, facade: FacadeClient) -> None:
    exchange.sent_to_sources.clear()
    answer = content(facade.post(probe()).content)

    OUR_SCHEMA.assertValid(answer)
    assert [etree.QName(each).localname for each in answer] == [code.value for code in SourceCode]
    assert not any(b"personidentitet" in sent for sent in exchange.sent_to_sources)


@pytest.mark.parametrize("action", ['""', "", '"urn:anything"', None])
def test_any_soap_action_will_do(facade: FacadeClient, action: str | None) -> None:
    headers = {"content-type": "text/xml"} | ({} if action is None else {"soapaction": action})
    assert facade.post(probe(), headers).status_code == 200


def test_the_description_leads_to_every_schema_at_the_address_it_was_fetched_from(facade: FacadeClient) -> None:
    found: set[str] = set()
    waiting = [f"{facade.url}?wsdl"]
    while waiting:
        document = facade.http.get(waiting.pop())
        assert (document.status_code, document.headers["content-type"]) == (200, "text/xml; charset=utf-8")
        root = etree.fromstring(document.content)
        leads = {each.attrib["schemaLocation"] for each in root.iter("{http://www.w3.org/2001/XMLSchema}import")}
        waiting += sorted(leads - found)
        found |= leads
    assert {address.removeprefix(f"{facade.url}?xsd=") for address in found} == {
        file.name for file in FOLDER.glob("*.xsd")
    }


@pytest.mark.parametrize("query", ["", "?WSDL=../../x", "?xsd=../contract/ssbt.xsd", "?xsd=service.wsdl"])
def test_nothing_else_is_read_there(facade: FacadeClient, query: str) -> None:
    answer = facade.http.get(facade.url + query)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_every_fault_is_counted_by_its_code(exchange: Exchange, facade: FacadeClient, today: date) -> None:
    def counted() -> float:
        text = exchange.http.get(f"http://127.0.0.1:{exchange.ports['consultation']}/metrics").text
        line = next((line for line in text.splitlines() if 'faults_total{code="breaks_contract"}' in line), "x 0")
        return float(line.rsplit(" ", 1)[1])

    before = counted()
    facade.refused(question(today=today, handler=""))
    assert counted() == before + 1
