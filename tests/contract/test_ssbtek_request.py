"""What we send, held to the official schema and to an independent SOAP client."""

import json
from base64 import b64decode
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.consultation.lookups.sources.domain import Inquiry, Period, SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import build_probe, build_request
from services.consultation.lookups.sources.ssbtek.rules import InvalidRequestError, operation_of, violations
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from services.consultation.tenants.domain import Processor
from tests.contract.ssbtek_contract import needs_contract, schema, zeep_client
from tests.sizes import sample_or_full
from tests.unit.lookups.given import ASKER, AUTUMN, MAX_BYTES, inquiry

pytestmark = [needs_contract, pytest.mark.requirement(1)]

_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=40,
)
_DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
_PERIODS = st.tuples(_DAYS, _DAYS).map(lambda days: Period(min(days), max(days)))
_PROCESSORS = st.lists(st.builds(Processor, st.from_regex(r"\A16[0-9]{2}[2-9][0-9]{7}\Z"), _NAMES), max_size=3)
_INQUIRIES = st.builds(
    lambda sources, processors, name, handler: inquiry(
        sources=sources, asker=replace(ASKER, name=name, processors=tuple(processors)), handler=handler
    ),
    st.dictionaries(st.sampled_from(SourceCode), _PERIODS),
    _PROCESSORS,
    _NAMES,
    _NAMES,
)


def operation(request: bytes) -> Element:
    """The operation in the Body."""
    found = operation_of(parse(request, max_bytes=MAX_BYTES))
    assert found is not None
    return found


def one(element: Element, name: str) -> Element:
    """The first element below with the local name."""
    return next(element.iter(V10.name(name)))


@settings(max_examples=sample_or_full(25, 60), deadline=None)
@given(_INQUIRIES)
def test_every_request_is_valid_by_the_official_schema_and_by_our_own_rules(question: Inquiry) -> None:
    request = build_request(question, V10)

    schema().assertValid(operation(request))
    assert violations(request, V10) == []


def test_the_probe_is_valid_by_the_official_schema_and_by_our_own_rules() -> None:
    request = build_probe(V10)

    schema().assertValid(operation(request))
    assert violations(request, V10) == []


def test_only_the_asked_sources_are_included_and_only_another_period_is_sent() -> None:
    other = Period(date(2026, 11, 1), date(2026, 11, 30))
    request = operation(build_request(inquiry(sources={SourceCode.AF: other, SourceCode.SO: AUTUMN}), V10))

    parts = list(one(request, "specifikaFrageparametrar"))
    assert [part.get("inkludera") for part in parts] == ["true", *["false"] * 3, "true", "false", "false"]
    assert [len(part) for part in parts] == [1, 0, 0, 0, 0, 0, 0]
    assert one(parts[0], "fromDatum").text == "2026-11-01"


@pytest.mark.requirement(2)
def test_an_inquiry_about_af_alone_includes_only_af() -> None:
    request = operation(build_request(inquiry(sources={SourceCode.AF: AUTUMN}, groups=()), V10))

    included = [part for part in one(request, "specifikaFrageparametrar") if part.get("inkludera") == "true"]
    assert [part.tag for part in included] == [V10.name("AF")]


def test_the_lefi_question_asks_each_supplier_for_what_it_has() -> None:
    request = operation(build_request(inquiry(), V10))

    question = json.loads(b64decode(one(request, "lefiJsonFraga").text or ""))
    assert one(request, "version").text == "v9"
    assert question.pop("personnummer") == one(request, "personidentitet").text
    assert question == {
        "period": {"from": "2026-09-01", "tom": "2026-11-30"},
        "formansinformation": ["FK:AS", "FK:PROG"],
        "preliminaraUtbetalningar": ["FK:AS", "FK:PROG", "PM:AP"],
        "utbetalningar": ["FK:AS", "FK:PROG", "PM:AP"],
        "ovrigInformation": ["FK:PANV"],
    }


def test_a_question_to_fk_without_a_benefit_group_is_refused_before_it_is_sent() -> None:
    with pytest.raises(InvalidRequestError, match="benefit group"):
        build_request(inquiry(groups=()), V10)


def test_a_character_that_xml_cannot_carry_is_refused_without_repeating_the_text() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        build_request(inquiry(handler="anna\x00bengtsson"), V10)

    assert "handlaggare" in str(refused.value)
    assert "anna" not in str(refused.value)


def test_a_case_reference_of_32_characters_is_refused_though_the_schema_allows_it() -> None:
    longest = build_request(inquiry(case_reference="E" * 31), V10)
    too_long = build_request(inquiry(case_reference="E" * 32), V10)

    assert violations(longest, V10) == []
    schema().assertValid(operation(too_long))
    assert violations(too_long, V10) == ["arendeidentitet: its value has the wrong form"]


def set_text(name: str, text: str) -> Callable[[Element], None]:
    def change(request: Element) -> None:
        one(request, name).text = text

    return change


def remove(name: str) -> Callable[[Element], None]:
    def change(request: Element) -> None:
        found = one(request, name)
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)

    return change


def repeat(name: str) -> Callable[[Element], None]:
    def change(request: Element) -> None:
        found = one(request, name)
        found.addnext(deepcopy(found))

    return change


def put_last(name: str) -> Callable[[Element], None]:
    def change(request: Element) -> None:
        found = one(request, name)
        parent = found.getparent()
        assert parent is not None
        parent.append(found)

    return change


def set_attribute(name: str, attribute: str, value: str) -> Callable[[Element], None]:
    def change(request: Element) -> None:
        one(request, name).set(attribute, value)

    return change


def add_child(name: str, child: str) -> Callable[[Element], None]:
    def change(request: Element) -> None:
        etree.SubElement(one(request, name), V10.name(child))

    return change


def drop_include(request: Element) -> None:
    del one(request, "MIV").attrib["inkludera"]


MUTATIONS: dict[str, Callable[[Element], None]] = {
    "organisation number with a low third digit": set_text("organisationsnummer", "162110000000"),
    "organisation number of ten digits": set_text("organisationsnummer", "2120000000"),
    "person number of ten digits": set_text("personidentitet", "9001049809"),
    "person number with letters": set_text("personidentitet", "18900104980X"),
    "empty organisation name": set_text("namn", ""),
    "empty handler": set_text("handlaggare", ""),
    "empty case reference": set_text("arendeidentitet", ""),
    "a day that does not exist": set_text("fromDatum", "2026-02-30"),
    "a date without signs": set_text("tomDatum", "20261130"),
    "an empty date": set_text("tomDatum", ""),
    "a time without T": set_text("frageTidpunkt", "2026-12-01 08:30:00"),
    "a boolean in Swedish": set_text("fraganSkallInkluderasISvaret", "nej"),
    "an ordinal past sixteen bits": set_text("ordningsnummer", "40000"),
    "base64 of the wrong length": set_text("lefiJsonFraga", "abc"),
    "base64 with other characters": set_text("lefiJsonFraga", "a*bc"),
    "no echo flag": remove("fraganSkallInkluderasISvaret"),
    "no asker": remove("ingivare"),
    "no person": remove("personidentitet"),
    "no period": remove("tidsperiod"),
    "no last day": remove("tomDatum"),
    "no purpose": remove("syfte"),
    "no legal text": remove("lagtext"),
    "no actor": remove("aktorsid"),
    "a source left out": remove("TNS"),
    "no sources": remove("specifikaFrageparametrar"),
    "two persons": repeat("personidentitet"),
    "two general periods": repeat("tidsperiod"),
    "two legal texts": repeat("lagtext"),
    "a source twice": repeat("AF"),
    "sources in another order": put_last("AF"),
    "asker last": put_last("ingivare"),
    "first day last": put_last("fromDatum"),
    "include as a word": set_attribute("AF", "inkludera", "yes"),
    "no include": drop_include,
    "an attribute too many": set_attribute("ingivare", "typ", "kommun"),
    "an element too many": add_child("ingivare", "telefon"),
    "a period for SKV": add_child("SKV", "tidsperiod"),
    "elements in a text": add_child("syfte", "namn"),
    "text among elements": set_text("ingivare", "Exempelkommun"),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_broken_request_is_refused_by_the_schema_and_by_our_own_rules(
    mutation: Callable[[Element], None],
) -> None:
    asker = replace(ASKER, processors=(Processor("165560000000", "Exempelbolaget AB"),))
    request = operation(build_request(inquiry(asker=asker), V10))
    mutation(request)

    assert not schema().validate(request)
    found = violations(in_envelope(request), V10)
    assert found
    assert not any(digit.isdigit() for text in found for digit in text)


def test_an_operation_of_another_version_is_refused() -> None:
    request = build_request(inquiry(), V10).replace(b"/ssbt/10", b"/ssbt/11")

    assert violations(request, V10) == ["Body: not an operation of this version of the contract"]


_TEXTS = st.sampled_from(["", " ", "true", "0", "x", "2026-09-01", "162120000000", "189001049809", "YWJj", "-7"])


@st.composite
def mutated(draw: st.DrawFn) -> Element:
    """A valid request with one or two random changes: text, removal, repetition, move, or attribute."""
    request = operation(build_request(draw(_INQUIRIES), V10))
    for _ in range(draw(st.integers(1, 2))):
        elements = list(request.iter(etree.Element))[1:]
        chosen = draw(st.sampled_from(elements))
        parent = chosen.getparent()
        assert parent is not None
        change = draw(st.sampled_from(["text", "remove", "repeat", "move", "include"]))
        if change == "text":
            # libxml2 skips what base64 has no letter for, where XML Schema part 2 (3.2.16) refuses it as we do.
            lenient = chosen.tag == V10.name("lefiJsonFraga")
            chosen.text = draw(_TEXTS.filter(lambda text: "-" not in text) if lenient else _TEXTS)
        elif change == "remove":
            parent.remove(chosen)
        elif change == "repeat":
            chosen.addnext(deepcopy(chosen))
        elif change == "move":
            parent.append(chosen)
        else:
            chosen.set("inkludera", draw(_TEXTS))
    return request


def in_envelope(request: Element) -> bytes:
    """The operation back in a SOAP envelope."""
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    envelope = etree.Element(f"{{{soap}}}Envelope")
    etree.SubElement(envelope, f"{{{soap}}}Body").append(deepcopy(request))
    return etree.tostring(envelope)


@settings(max_examples=sample_or_full(50, 150), deadline=None)
@given(mutated())
def test_our_own_rules_agree_with_the_schema_on_any_changed_request(request: Element) -> None:
    sent = in_envelope(request)

    assert (violations(sent, V10) == []) == schema().validate(operation(sent)), sent


def test_an_independent_client_reads_our_request() -> None:
    client = zeep_client(strict=False)
    asker = replace(ASKER, processors=(Processor("165560000000", "Exempelbolaget AB"),))
    kind = client.wsdl.types.get_element(V10.name(V10.question))

    read = kind.parse(operation(build_request(inquiry(asker=asker), V10)), client.wsdl.types)

    assert read.generellaFrageparametrar.ingivare.namn == "Exempelkommun"
    assert read.generellaFrageparametrar.personuppgiftsbitrade[0].ordningsnummer == 1
    assert read.specifikaFrageparametrar.FK.fraga.aktorsid == "actor-1"
    assert read.specifikaFrageparametrar.AF.inkludera is True


def test_an_independent_client_builds_the_same_request() -> None:
    client = zeep_client(strict=True)
    question = inquiry(sources={SourceCode.AF: AUTUMN, SourceCode.SO: Period(date(2026, 11, 1), AUTUMN.last)})
    included: dict[str, dict[str, object]] = {
        code.value: {"inkludera": code in question.sources} for code in SourceCode
    }
    included["SO"]["tidsperiod"] = {"fromDatum": "2026-11-01", "tomDatum": "2026-11-30"}

    built = client.create_message(
        client.service,
        V10.question,
        generellaFrageparametrar={
            "frageTidpunkt": question.asked_at.isoformat(),
            "korrelationsid": question.correlation_id,
            "fraganSkallInkluderasISvaret": False,
            "ingivare": {
                "organisationsnummer": ASKER.organisation_number,
                "namn": ASKER.name,
                "handlaggare": question.handler,
            },
            "personidentitet": question.person.reveal(),
            "arendeidentitet": question.case_reference,
            "tidsperiod": {"fromDatum": "2026-09-01", "tomDatum": "2026-11-30"},
            "syfte": question.purpose_text,
            "lagtext": question.legal_text,
        },
        specifikaFrageparametrar=included,
    )

    ours, theirs = operation(build_request(question, V10)), operation(etree.tostring(built))
    assert shape(ours) == shape(theirs)


def shape(element: Element) -> object:
    """Names, attributes and texts without prefixes, with instants in one spelling."""
    text = (element.text or "").strip().replace("Z", "+00:00")
    return (element.tag, dict(element.attrib), text, [shape(child) for child in element])
