"""A source asked by a JSON API of its own: the same readings as through SSBTEK, and an answer whatever happens."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest

from services.consultation.lookups.simulator.json_answer import as_json
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.budget import Budgeted
from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.rest.source import RestApi, RestSource
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, read_answer
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import only_child
from shared.tokens.client import TokenRefused
from shared.transport.protocol import Answer, AnswerTooLarge, ConnectFailed, TimedOut, TransportError
from tests.sizes import fewer_persons
from tests.unit.lookups import golden
from tests.unit.lookups.given import AUTUMN, MAX_BYTES, FakeTransport, asked, inquiry, ok, simulated, ticking

pytestmark = [pytest.mark.requirement(1), pytest.mark.requirement(2)]

URL = "https://af.example/af/v1/answers"


@dataclass
class FakeTokens:
    """Counts its tokens: `first`, then `second` when the first was not accepted."""

    refused: str | None = None
    refused_later: bool = False
    never: bool = False
    names: list[str] = field(default_factory=lambda: ["second", "first"])

    async def headers(self, method: str, public_address: str) -> Mapping[str, str]:
        """Headers with the newest token."""
        assert (method, public_address) == ("POST", URL)
        if self.never:
            await asyncio.Event().wait()
        if self.refused is not None:
            raise TokenRefused(self.refused)
        return {"Authorization": f"Bearer {self.names[-1]}"}

    def forget(self, refused: Mapping[str, str]) -> None:
        """From now on the next token."""
        assert refused["Authorization"] == f"Bearer {self.names.pop()}"
        self.refused = "invalid_client" if self.refused_later else None


def answered(
    *outcomes: Answer | Exception,
    code: SourceCode = SourceCode.AF,
    question: Inquiry | None = None,
    tokens: FakeTokens | None = None,
) -> tuple[SourceAnswer, FakeTransport]:
    """What the source answers when its API answers so, and what was sent."""
    transport = FakeTransport(outcomes)
    api = RestApi(code, URL, timeout_seconds=5.0, max_answer_bytes=MAX_BYTES)
    source = RestSource(api, transport, tokens or FakeTokens(), ticking())
    (answer,) = asyncio.run(source.ask(question or inquiry())).values()
    return answer, transport


def as_answer(content: Any, status: int = 200, kind: str = "application/json") -> Answer:
    return Answer(status, {"content-type": kind}, json.dumps(content).encode())


def json_of(person: str, code: SourceCode) -> Any:
    """The JSON of what the source has to tell about a simulated person; None when it has no `data`."""
    composite = read_answer(simulated(person), V10, max_bytes=MAX_BYTES)
    assert isinstance(composite, CompositeAnswer)
    elements = composite.sources.get(code, [])
    data = only_child(elements[0], "data") if elements else None
    return as_json(data) if data is not None else None


ANSWERING = fewer_persons(name for name, each in PERSONS.items() if each.fault is None and not each.faults)
"""Those whose answers are as the sources wrote them: what is done to the bytes of SOAP has no likeness in JSON."""


@pytest.mark.parametrize("person", ANSWERING)
def test_every_source_is_read_alike_from_json_and_through_ssbtek(person: str) -> None:
    through_ssbtek = asked(FakeTransport([ok(simulated(person))]), inquiry(person))

    for code in SourceCode:
        content = json_of(person, code)
        if content is None:
            continue
        alone, _ = answered(as_answer(content), code=code, question=inquiry(person))
        whole = through_ssbtek[code]
        assert (alone.state, alone.code, alone.messages) == (whole.state, whole.code, whole.messages)
        assert (alone.data, alone.items, alone.parts) == (whole.data, whole.items, whole.parts)
        assert (alone.protected, alone.asked_period) == (whole.protected, whole.asked_period)


@golden.of(*golden.PLAIN)
def test_the_golden_documents_say_the_same_as_json(name: str) -> None:
    code = golden.source_of(name)

    alone, _ = answered(as_answer(as_json(golden.document(name))), code=code)

    wanted = golden.expected(name)
    assert (alone.state, alone.data, list(alone.items)) == (wanted["state"], wanted["data"], wanted["items"])


def test_a_question_that_is_put_to_fewer_is_the_same_in_all_else() -> None:
    whole = replace(inquiry(), benefit_groups=("bostadsbidrag",))
    fewer = {SourceCode.AF: AUTUMN}

    assert whole.put_to(fewer) == replace(whole, sources=fewer)
    assert all(getattr(whole, each.name) for each in fields(whole)), "a field that is empty would tell nothing"


def test_the_question_is_in_the_body_alone_and_complete() -> None:
    _, transport = answered(as_answer({}))

    (call,) = transport.calls
    question = inquiry()
    assert json.loads(call.body) == {
        "person": question.person.reveal(),
        "period": {"from": AUTUMN.first.isoformat(), "to": AUTUMN.last.isoformat()},
        "caseReference": "EB-2026-000123",
        "asker": {"organisationNumber": "162120000000", "name": "Exempelkommun", "processors": []},
        "handler": "hl01",
        "purpose": "Ekonomiskt bistånd",
        "legalText": "11 kap. 11 a § socialförsäkringsbalken",
        "correlationId": question.correlation_id,
        "askedAt": "2026-12-01T08:30:00+00:00",
    }
    assert (call.method, call.url, call.timeout_seconds, call.max_answer_bytes) == ("POST", URL, 5.0, MAX_BYTES)
    assert call.headers["Authorization"] == "Bearer first"
    assert question.person.reveal() not in call.url + str(call.headers)


def test_an_answer_tells_period_time_and_contract_version() -> None:
    answer, _ = answered(as_answer(json_of("complete", SourceCode.AF)))

    assert (answer.asked_period, answer.contract_version, answer.took_ms) == (AUTUMN, "rest-1", 250)
    assert answer.answered_at is not None


def test_a_source_that_is_not_asked_is_not_called() -> None:
    transport = FakeTransport([])
    api = RestApi(SourceCode.AF, URL, timeout_seconds=5.0, max_answer_bytes=MAX_BYTES)

    answers = asyncio.run(
        RestSource(api, transport, FakeTokens(), ticking()).ask(inquiry(sources={SourceCode.SO: AUTUMN}))
    )

    assert (answers, transport.calls) == ({}, [])


@pytest.mark.parametrize(
    ("failure", "code"),
    [(TimedOut(), "TIMEOUT"), (AnswerTooLarge(), "TOO_LARGE"), (TransportError(), "TRANSPORT")],
)
def test_a_source_that_was_not_reached_is_our_own_error_and_is_asked_once(failure: Exception, code: str) -> None:
    answer, transport = answered(failure)

    assert (answer.state, answer.origin, answer.code) == (SourceState.ERROR, Origin.LOCAL, code)
    assert (answer.data, answer.answered_at, len(transport.calls)) == (None, None, 1)


def test_a_connection_that_was_never_made_is_tried_once_more() -> None:
    content = as_answer(json_of("complete", SourceCode.AF))

    reached, first = answered(ConnectFailed(), content)
    unreached, second = answered(ConnectFailed(), ConnectFailed())

    assert (reached.state, len(first.calls)) == (SourceState.ANSWERED, 2)
    assert (unreached.origin, unreached.code, len(second.calls)) == (Origin.LOCAL, "UNREACHABLE", 2)


@pytest.mark.parametrize("status", [201, 204, 301, 400, 403, 404, 410, 429, 500, 503])
def test_any_status_but_200_is_the_sources_error_and_never_emptiness(status: int) -> None:
    empty = json_of("nothing_registered", SourceCode.AF)

    answer, transport = answered(as_answer(empty, status))

    assert (answer.state, answer.origin, answer.code) == (SourceState.ERROR, Origin.BT, f"HTTP_{status}")
    assert (answer.data, answer.items, len(transport.calls)) == (None, (), 1)


def test_a_problem_is_told_in_the_sources_own_words_and_cut() -> None:
    problem = {"title": "Stängt", "detail": "för\x00underhåll " + "x" * 1000, "code": "not_found"}

    answer, _ = answered(as_answer(problem, 404, "application/problem+json; charset=utf-8"))

    assert answer.state is SourceState.ERROR
    assert answer.messages[0] == "Stängt"
    assert answer.messages[1].startswith("för\N{REPLACEMENT CHARACTER}underhåll")
    assert len(answer.messages[1]) == 500


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"title": 1}', b"[" * 100_000, b"\xff"])
def test_a_failure_without_readable_words_has_none(body: bytes) -> None:
    answer, _ = answered(Answer(503, {"content-type": "application/problem+json"}, body))

    assert (answer.code, answer.messages) == ("HTTP_503", ())


def test_a_token_that_is_not_accepted_is_renewed_once() -> None:
    answer, transport = answered(as_answer({}, 401), as_answer(json_of("complete", SourceCode.AF)))

    assert answer.state is SourceState.ANSWERED
    assert [call.headers["Authorization"] for call in transport.calls] == ["Bearer first", "Bearer second"]


def test_a_source_that_accepts_no_token_is_not_asked_a_third_time() -> None:
    answer, transport = answered(as_answer({}, 401), as_answer({}, 401))

    assert (answer.origin, answer.code, len(transport.calls)) == (Origin.BT, "HTTP_401", 2)


def test_a_question_that_was_sent_is_never_told_as_one_that_was_not() -> None:
    answer, transport = answered(as_answer({}, 401), tokens=FakeTokens(refused_later=True))

    assert (answer.origin, answer.code, len(transport.calls)) == (Origin.BT, "HTTP_401", 1)


def test_the_question_is_not_sent_again_after_anything_but_401() -> None:
    _, transport = answered(as_answer({}, 401), TimedOut())

    assert len(transport.calls) == 2


def test_without_a_token_nothing_is_sent() -> None:
    answer, transport = answered(tokens=FakeTokens(refused="invalid_client"))

    assert (answer.state, answer.origin, answer.code) == (SourceState.ERROR, Origin.LOCAL, "NO_TOKEN")
    assert transport.calls == []


def test_a_token_that_does_not_come_costs_the_source_its_time_and_no_more() -> None:
    transport = FakeTransport([])
    api = RestApi(SourceCode.AF, URL, timeout_seconds=5.0, max_answer_bytes=MAX_BYTES)
    source = Budgeted(RestSource(api, transport, FakeTokens(never=True), ticking()), 0.01)

    answers = asyncio.run(source.ask(inquiry()))

    told = answers[SourceCode.AF]
    assert (told.state, told.origin, told.code) == (SourceState.ERROR, Origin.LOCAL, "TIMEOUT")
    assert transport.calls == []


@pytest.mark.parametrize("mark", [{"a": 1}, {"a": None}, ["true"], [{}, {"a": None}], "kanske", 1])
def test_a_secrecy_mark_that_is_not_plainly_no_is_a_mark(mark: Any) -> None:
    content = json_of("complete", SourceCode.AF)
    content["Svar"]["Sekretessmarkering"] = mark

    answer, _ = answered(as_answer(content))

    assert answer.protected is True


def test_an_answer_about_another_person_is_not_told() -> None:
    content = json_of("complete", SourceCode.AF)
    content["Svar"]["Sekretessmarkering"] = True

    answer, _ = answered(as_answer(content), question=inquiry("af_late"))

    assert (answer.state, answer.data, answer.protected) == (SourceState.UNPARSEABLE, None, True)
    assert answer.deviations == ("the answer is about another person number",)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{", b"<data/>", b'{"Svar": NaN}', b'{"a":1,"a":2}', b"\xff", b"[" * 100_000]
)
def test_what_is_not_an_answer_in_json_is_unparseable(body: bytes) -> None:
    answer, _ = answered(Answer(200, {"content-type": "application/json"}, body))

    assert (answer.state, answer.data) == (SourceState.UNPARSEABLE, None)


@pytest.mark.parametrize("content", [{}, {"Svar": None}, {"Svar": []}, {"Svar": {}}, {"found": False}, {"Fraga": {}}])
def test_an_answer_without_content_is_no_proof_of_emptiness(content: Any) -> None:
    answer, _ = answered(as_answer(content))

    assert answer.state is SourceState.UNPARSEABLE
