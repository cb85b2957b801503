"""The client: whatever the outside world does, every asked source gets an answer."""

from datetime import timedelta

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.rules import InvalidRequestError
from shared.transport.protocol import Answer, AnswerTooLarge, ConnectFailed, TimedOut, TransportError
from tests.unit.lookups.given import (
    ASKED_AT,
    AUTUMN,
    MAX_BYTES,
    FakeTransport,
    asked,
    inquiry,
    ok,
    simulated,
)

pytestmark = pytest.mark.requirement(1)

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def states(answers: object) -> list[SourceState]:
    assert isinstance(answers, dict)
    return [answer.state for answer in answers.values()]


def test_one_late_source_is_an_error_of_ssbt_beside_six_answered() -> None:
    answers = asked(FakeTransport([ok(simulated("af_late"))]), inquiry("af_late"))

    late = answers[SourceCode.AF]
    assert (late.state, late.origin, late.code) == (SourceState.ERROR, Origin.SSBT, "TIMEOUT")
    assert late.messages == ("Bastjänsten svarade inte inom utsatt tid",)
    assert late.data is None
    others = [answer.state for code, answer in answers.items() if code is not SourceCode.AF]
    assert others == [SourceState.ANSWERED] * 6


def test_every_answer_tells_period_time_and_version() -> None:
    answers = asked(FakeTransport([ok(simulated("complete"))]))

    assert list(answers) == list(SourceCode)
    for code, answer in answers.items():
        assert (answer.source, answer.asked_period, answer.contract_version) == (code, AUTUMN, "10")
        assert (answer.took_ms, answer.answered_at) == (250, ASKED_AT + timedelta(milliseconds=500))
        assert answer.state is SourceState.ANSWERED


def test_the_request_is_sent_as_soap_1_1_with_the_limits_of_the_client() -> None:
    transport = FakeTransport([ok(simulated("complete"))])
    asked(transport)

    (call,) = transport.calls
    assert (call.method, call.timeout_seconds, call.max_answer_bytes) == ("POST", 5.0, MAX_BYTES)
    assert call.headers["content-type"] == "text/xml; charset=utf-8"
    assert call.headers["soapaction"] == '""'
    assert PERSONS["complete"].number not in call.url + str(call.headers)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (TimedOut("time ran out"), "TIMEOUT"),
        (AnswerTooLarge("too large"), "TOO_LARGE"),
        (TransportError("broken off"), "TRANSPORT"),
    ],
)
def test_a_failed_exchange_is_our_own_error_for_every_source_and_is_not_repeated(
    failure: TransportError, code: str
) -> None:
    transport = FakeTransport([failure])

    answers = asked(transport)

    assert len(transport.calls) == 1
    assert {(each.state, each.origin, each.code) for each in answers.values()} == {
        (SourceState.ERROR, Origin.LOCAL, code)
    }
    assert all(each.answered_at is None for each in answers.values())


def test_a_connection_that_was_not_made_is_tried_again_once() -> None:
    transport = FakeTransport([ConnectFailed("refused"), ok(simulated("complete"))])

    assert set(states(asked(transport))) == {SourceState.ANSWERED}
    assert len(transport.calls) == 2
    assert transport.calls[0] == transport.calls[1]


def test_a_connection_that_is_refused_twice_is_unreachable() -> None:
    transport = FakeTransport([ConnectFailed("refused"), ConnectFailed("refused")])

    answers = asked(transport)

    assert len(transport.calls) == 2
    assert {each.code for each in answers.values()} == {"UNREACHABLE"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ok(b"<html><body>Service Unavailable</body></html>", 503), "HTTP_503"),
        (ok(b"", 404), "HTTP_404"),
        (ok(b"Bad gateway", 502), "HTTP_502"),
        (ok(b"<html><p>Logga in</html>"), "NOT_XML"),
        (ok(b"<html><body><p>Logga in</p></body></html>"), "NOT_SOAP"),
        (ok(b""), "NOT_XML"),
        (ok(f'<e:Envelope xmlns:e="{_SOAP}"/>'.encode()), "NOT_SOAP"),
        (ok(f'<e:Envelope xmlns:e="{_SOAP}"><e:Body/></e:Envelope>'.encode()), "NOT_SOAP"),
        (ok(f'<e:Envelope xmlns:e="{_SOAP}"><e:Body><x/></e:Body></e:Envelope>'.encode()), "NOT_SOAP"),
        (ok(simulated("complete")[:5000]), "NOT_XML"),
        (ok(simulated("complete"), 202), "HTTP_202"),
    ],
)
def test_an_answer_that_is_no_answer_is_our_own_error(answer: Answer, code: str) -> None:
    answers = asked(FakeTransport([answer]))

    assert {(each.state, each.origin, each.code) for each in answers.values()} == {
        (SourceState.ERROR, Origin.LOCAL, code)
    }


def test_a_fault_of_the_whole_service_is_our_own_error_with_its_code_and_words() -> None:
    answers = asked(FakeTransport([ok(simulated("service_fault"), 500)]), inquiry("service_fault"))

    assert {(each.origin, each.code) for each in answers.values()} == {(Origin.LOCAL, "FAULT:SSBT-1001")}
    assert answers[SourceCode.AF].messages == ("Tjänsten är stängd för underhåll", "Försök igen senare")


def test_a_fault_without_detail_is_our_own_error_with_its_faultcode() -> None:
    answers = asked(FakeTransport([ok(simulated("generic_fault"), 500)]), inquiry("generic_fault"))

    assert {(each.state, each.origin, each.code) for each in answers.values()} == {
        (SourceState.ERROR, Origin.LOCAL, "FAULT:Server")
    }
    assert answers[SourceCode.AF].messages == ("Internal Error",)


def test_an_answer_without_any_source_leaves_all_of_them_missing() -> None:
    body = f'<e:Envelope xmlns:e="{_SOAP}"><e:Body><hamtaBastjanstInformationResponse/></e:Body></e:Envelope>'

    assert set(states(asked(FakeTransport([ok(body.encode())])))) == {SourceState.MISSING}


def test_a_source_that_was_not_asked_is_not_in_the_answer_even_when_it_is_sent() -> None:
    answers = asked(FakeTransport([ok(simulated("complete"))]), inquiry(sources={SourceCode.SO: AUTUMN}))

    assert list(answers) == [SourceCode.SO]


def test_an_answer_to_another_question_is_refused() -> None:
    other = simulated("complete").replace(b"-000000000001<", b"-000000000002<")

    answers = asked(FakeTransport([ok(other)]))

    assert {each.code for each in answers.values()} == {"OTHER_CORRELATION"}


def test_what_a_source_says_about_another_person_is_not_shown() -> None:
    answers = asked(FakeTransport([ok(simulated("complete"))]), inquiry("af_late"))

    for code in (SourceCode.AF, SourceCode.CSN, SourceCode.SO):
        assert (answers[code].state, answers[code].data) == (SourceState.UNPARSEABLE, None)
        assert answers[code].deviations == ("the answer is about another person number",)


@pytest.mark.parametrize(
    ("name", "code"), [("protected_by_af", "AF"), ("protected_by_fk", "FK"), ("protected_by_csn", "CSN")]
)
def test_a_protected_identity_is_told_by_the_source_that_marks_it(name: str, code: str) -> None:
    answers = asked(FakeTransport([ok(simulated(name))]), inquiry(name))

    assert [each.source for each in answers.values() if each.protected] == [code]


def test_the_demo_person_has_five_sources_with_content_and_two_in_error() -> None:
    answers = asked(FakeTransport([ok(simulated("late_and_failed"))]), inquiry("late_and_failed"))

    assert states(answers).count(SourceState.ANSWERED) == 5
    assert (answers[SourceCode.AF].origin, answers[SourceCode.FK].origin) == (Origin.SSBT, Origin.BT)


@pytest.mark.parametrize("name", PERSONS)
def test_only_sources_that_answered_support_a_decision(name: str) -> None:
    answers = asked(FakeTransport([ok(simulated(name))]), inquiry(name))

    for answer in answers.values():
        assert (answer.data is not None) or not answer.state.supports_decision
        assert (answer.origin is not None) is (answer.state is SourceState.ERROR)


def test_an_invalid_inquiry_is_refused_before_anything_is_sent() -> None:
    transport = FakeTransport([])

    with pytest.raises(InvalidRequestError) as refused:
        asked(transport, inquiry(case_reference="E" * 32))

    assert isinstance(refused.value, ValueError)
    assert refused.value.violations == ("arendeidentitet: its value has the wrong form",)
    assert transport.calls == []


def test_a_large_answer_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threaded: list[object] = []

    async def to_thread(function: object, *arguments: object) -> object:
        threaded.append(function)
        assert callable(function)
        return function(*arguments)

    monkeypatch.setattr("asyncio.to_thread", to_thread)
    small = simulated("complete")
    large = small.replace(b"</soap:Body>", b" " * 100_000 + b"</soap:Body>")

    assert set(states(asked(FakeTransport([ok(small)])))) == {SourceState.ANSWERED}
    assert threaded == []
    assert set(states(asked(FakeTransport([ok(large)])))) == {SourceState.ANSWERED}
    assert len(threaded) == 1


def test_an_answer_past_the_cap_is_refused_even_by_a_transport_that_lets_it_through() -> None:
    answers = asked(FakeTransport([ok(simulated("complete"))]), max_answer_bytes=1000)

    assert {each.state for each in answers.values()} == {SourceState.ERROR}


def test_an_inquiry_about_no_source_sends_nothing() -> None:
    transport = FakeTransport([])

    assert asked(transport, inquiry(sources={})) == {}
    assert transport.calls == []


def test_endless_codes_and_messages_are_cut() -> None:
    body = simulated("af_late").replace(b">TIMEOUT<", b">" + b"T" * 5000 + b"<")
    late = asked(FakeTransport([ok(body)]), inquiry("af_late"))[SourceCode.AF]

    assert late.code == "T" * 60


def test_a_printed_answer_holds_no_content() -> None:
    answers = asked(FakeTransport([ok(simulated("complete"))]))

    assert "Exempelkassan" not in repr(answers)
    assert PERSONS["complete"].number not in repr(answers)
