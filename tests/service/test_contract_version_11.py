"""Version 11 of the contract: the product started with the setting, against the simulator's version 11."""

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from services.consultation.lookups.facade.answer import NOT_WRITTEN
from services.consultation.lookups.simulator.answers import skv_v11
from services.consultation.lookups.simulator.elements import element
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.characters import carried
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.rules import violations
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.v11 import V11
from services.consultation.lookups.sources.ssbtek.xml import Element
from tests.exchange import Exchange, lookup_body, running_exchange
from tests.facade import facade_client, question
from tests.service.given_persons import answering, somebody

pytestmark = pytest.mark.requirement(1)

_OF_THE_CALL = {"contractVersion", "answeredAt", "tookMs", "age"}
_COMPARED = [
    "complete",
    "nothing_registered",
    "late_and_failed",
    "af_deviating",
    "af_other_status",
    "csn_result_code",
    "fk_lefi_version",
    "pensioner",
    "fund_suspended",
    "source_absent",
    "tns_refused",
    "coordination_permit",
]
_SIX = [code.value for code in SourceCode if code is not SourceCode.SKV]


@pytest.fixture(scope="module")
def eleven() -> Iterator[Exchange]:
    """A product of its own that speaks version 11."""
    with running_exchange(ssbtek_version="11") as exchange:
        yield exchange


def sources(exchange: Exchange, person: str, **changes: Any) -> dict[str, dict[str, Any]]:
    answer = exchange.look_up(person, **changes)
    assert answer.status_code == 200, answer.text
    return {each["source"]: each for each in answer.json()["sources"]}


def parts(source: dict[str, Any]) -> dict[str, tuple[str, str | None, str | None]]:
    return {each["name"]: (each["state"], each["origin"], each["code"]) for each in source["parts"]}


def test_skatteverket_is_asked_for_the_two_latest_completed_years_and_for_capital_and_refunds(eleven: Exchange) -> None:
    eleven.look_up("complete")

    request = eleven.sent_to_sources[-1]
    assert violations(request, V11) == []
    (part,) = etree.fromstring(request).iter(V11.name("SKV"))
    (question,) = part
    this_year = eleven.clock().year
    assert [(etree.QName(each).localname, each.text) for each in question] == [
        ("ar", str(this_year - 2)),
        ("ar", str(this_year - 1)),
        ("foretagsinformation", "false"),
        ("individuppgifter", "false"),
        ("skattekonto", "true"),
        ("skatteuppgifter", "true"),
        ("beskattningsbilagor", "false"),
    ]


@pytest.mark.parametrize("odd", ["\ud800", "\udc00x", "a\0b"])
def test_a_text_that_is_no_text_is_told_with_its_odd_characters_replaced(
    eleven: Exchange, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    document = {
        "identitetsbeteckning": odd,
        "statusPersonuppgiftKod": odd,
        "kapitaluppgift": [{"taxeringsar": odd, "summaIntakterPaKapital": 1}],
        "note": odd,
        odd: "named oddly",
    }
    coded = b64encode(json.dumps(document).encode()).decode("ascii")

    def odd_texts(question: Question) -> Element:
        namespace = question.version.namespace
        parts = (element(namespace, part, element(namespace, "data", coded)) for part in question.tax_parts)
        return element(namespace, "SKV", *parts)

    person = somebody()
    answering(monkeypatch)(person, "complete", SKV=odd_texts)
    body = {**lookup_body("complete", eleven.clock()), "person": person}
    answer = eleven.send("umea", "POST", "/consultation/v1/lookups", body, key=str(uuid.uuid4()))

    assert answer.status_code == 200, answer.text
    skv = next(each for each in answer.json()["sources"] if each["source"] == "SKV")
    assert (skv["state"], skv["data"]["status"], skv["data"]["capital"][0]["taxYear"]) == (
        "partial",
        carried(odd),
        carried(odd),
    )
    facts = [(fact["name"], fact["value"]) for part in skv["data"]["facts"] for fact in part["facts"]]
    assert {("note", carried(odd)), (carried(odd), "named oddly")} <= set(facts)
    assert answer.json()["complete"] is False


def test_a_question_that_leaves_skatteverket_out_has_no_question_to_it(eleven: Exchange) -> None:
    told = sources(eleven, "complete", sources=["AF"])

    assert told["SKV"]["state"] == "not_asked"
    (part,) = etree.fromstring(eleven.sent_to_sources[-1]).iter(V11.name("SKV"))
    assert (part.get("inkludera"), len(part)) == ("false", 0)


def test_capital_is_told_as_in_version_10_and_other_facts_beside_it(running: Exchange, eleven: Exchange) -> None:
    running.clock.back_to_now()
    before, after = sources(running, "complete")["SKV"], sources(eleven, "complete")["SKV"]

    assert (after["state"], after["contractVersion"]) == ("answered", "11")
    assert set(after["data"]) == set(before["data"])
    assert (after["data"]["capital"], after["data"]["status"]) == (before["data"]["capital"], before["data"]["status"])
    assert before["data"]["facts"] == []
    assert parts(after) == {"skattekonto": ("answered", None, None), "skatteuppgifter": ("answered", None, None)}
    assert after["data"]["facts"] == [
        {
            "part": "skattekonto",
            "facts": [
                {"name": "aterbetalningar.1.datum", "value": f"{eleven.clock().year}-04-09"},
                {"name": "aterbetalningar.1.belopp", "value": "2310.5"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("person", "state", "account"),
    [
        ("skv_part_empty", "answered", ("answered_empty", "BT", "404")),
        ("skv_part_failed", "partial", ("error", "BT", "500")),
        ("skv_all_parts_failed", "error", ("error", "BT", "500")),
        ("nothing_registered", "answered_empty", ("answered_empty", "BT", "404")),
    ],
)
def test_each_part_of_skatteverket_has_a_state_of_its_own(
    eleven: Exchange, person: str, state: str, account: tuple[str, str, str]
) -> None:
    told = sources(eleven, person)["SKV"]

    assert told["state"] == state
    assert parts(told)["skattekonto"] == account
    assert (told["data"] is None) is (state == "error")
    assert (told["origin"], told["code"]) == (("BT", "500") if state == "error" else (None, None))


def test_an_error_for_all_of_skatteverket_is_told_with_its_code(eleven: Exchange) -> None:
    told = sources(eleven, "state_skv_error_bt")["SKV"]

    assert (told["state"], told["origin"], told["parts"]) == ("error", "BT", [])


@pytest.mark.parametrize("person", _COMPARED)
def test_the_other_six_sources_are_told_field_by_field_as_in_version_10(
    running: Exchange, eleven: Exchange, person: str
) -> None:
    running.clock.back_to_now()
    before, after = sources(running, person), sources(eleven, person)

    for code in _SIX:
        assert set(after[code]) == set(before[code])
        for name in set(after[code]) - _OF_THE_CALL:
            assert after[code][name] == before[code][name], (code, name)
        assert (before[code]["contractVersion"], after[code]["contractVersion"]) == ("10", "11")


def test_an_error_code_is_shown_as_it_came(eleven: Exchange) -> None:
    told = sources(eleven, "fk_lefi_version")["FK"]

    assert (told["state"], told["origin"], told["code"]) == ("error", "BT", "LEFI-VERSION")


def test_31_characters_of_case_reference_pass_and_32_are_refused_before_anything_is_sent(eleven: Exchange) -> None:
    before = len(eleven.sent_to_sources)

    passed = eleven.look_up("complete", caseReference="E" * 31)
    refused = eleven.look_up("complete", caseReference="E" * 32)

    assert passed.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (422, "case_reference_invalid")
    assert len(eleven.sent_to_sources) == before + 1


def test_a_protected_person_is_withheld_in_version_11_too(eleven: Exchange) -> None:
    answer = eleven.look_up("household_child_2").json()

    assert (answer["protectedIdentity"], answer["withheld"]) == (True, True)
    assert all(source["data"] is None for source in answer["sources"])


def test_a_case_system_of_version_10_is_told_that_it_cannot_be_told_what_skatteverket_answers(
    eleven: Exchange,
) -> None:
    today = eleven.clock().date()
    with facade_client(eleven) as facade:
        whole = facade.answered(question("complete", today=today)).sources
        nothing = facade.answered(question("nothing_registered", today=today)).sources

    reading, origin = read_source(V10.readers[SourceCode.SKV], whole["SKV"])
    assert (reading.state, origin, reading.code) == (SourceState.ERROR, Origin.SSBT, NOT_WRITTEN)
    for code in SourceCode:
        state = read_source(V10.readers[code], whole[code.value])[0].state
        assert (state is SourceState.ANSWERED) == (code is not SourceCode.SKV)
    assert read_source(V10.readers[SourceCode.SKV], nothing["SKV"])[0].state is SourceState.ANSWERED_EMPTY


def test_what_only_json_can_hold_is_replaced_in_a_part_of_skatteverkets(
    eleven: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(put: Question, part: str) -> Element:
        document = {"\ud800nyckel": "ord\u0000", "identitetsbeteckning": put.person}
        coded = b64encode(json.dumps(document).encode()).decode()
        return element(put.version.namespace, "data", coded)

    monkeypatch.setattr(skv_v11, "_content", damaged)

    skatteverket = sources(eleven, "complete")["SKV"]

    assert skatteverket["state"] == "partial"
    assert "a character that cannot be told: a key that is not a name" in skatteverket["deviations"]
    replaced = {"name": "\N{REPLACEMENT CHARACTER}nyckel", "value": "ord\N{REPLACEMENT CHARACTER}"}
    assert skatteverket["data"]["facts"][0]["facts"] == [replaced]
