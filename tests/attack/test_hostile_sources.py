"""Answers made to harm who reads them, the whole answer and the documents inside, through client and product."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from services.consultation.lookups.simulator.answers import fk
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.rest.problem import problem_words
from services.consultation.lookups.sources.rest.source import RestApi, RestSource
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import MAX_DEPTH, Element
from shared.http.guard import Receive, Scope, Send
from shared.transport.protocol import Answer, AnswerTooLarge, TransportError
from shared.transport.pyreqwest_transport import PyreqwestTransport
from tests.attack.hostile_documents import MAX_BYTES, inner, inner_bombs, sound_forms, with_inner, xml_bombs
from tests.attack.test_unsafe_consumption import Surrounded, surrounded
from tests.exchange import Exchange
from tests.facade import facade_client, question
from tests.unit.lookups.given import AUTUMN, FakeTransport, asked, encoded, inquiry, ok, simulated, ticking

pytestmark = [pytest.mark.attack, pytest.mark.requirement(1)]

_WHOLE = simulated("complete")
_OUTER = xml_bombs(_WHOLE)
_INNER = {f"{code} {name}": (code, body) for code, name, body in inner_bombs()}
_MOST_GROWTH_MB = 300
_SECRETS = ("root:", "ha" * 5, "x-secret")


def answers(body: bytes) -> Mapping[SourceCode, SourceAnswer]:
    """What the client makes of an answer; a sound one after it is read as ever."""
    found = asked(FakeTransport([ok(body)]), max_answer_bytes=MAX_BYTES)
    after = asked(FakeTransport([ok(_WHOLE)]), max_answer_bytes=MAX_BYTES)
    assert {each.state for each in after.values()} == {SourceState.ANSWERED}
    return found


def content(found: Mapping[SourceCode, SourceAnswer]) -> dict[SourceCode, object]:
    return {code: (answer.state, answer.deviations, answer.data) for code, answer in found.items()}


SOUND = content(answers(_WHOLE))


def nothing_quoted(found: Mapping[SourceCode, SourceAnswer]) -> None:
    for answer in found.values():
        words = " ".join((answer.code or "", *answer.messages, *answer.deviations))
        assert not any(secret in words for secret in _SECRETS)


# --- the whole answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", _OUTER)
def test_a_bomb_in_the_answer_is_an_error_of_every_source_and_named(name: str) -> None:
    found = answers(_OUTER[name])

    assert {(each.state, each.origin, each.code) for each in found.values()} == {
        (SourceState.ERROR, Origin.LOCAL, "NOT_XML")
    }
    assert all(each.data is None for each in found.values())
    nothing_quoted(found)


@pytest.mark.parametrize("form", sound_forms(""))
def test_a_sound_answer_in_an_encoding_that_xml_has_is_read_as_ever(form: str) -> None:
    text = _WHOLE.decode().partition("?>")[2]

    assert content(answers(sound_forms(text)[form])) == SOUND


_SIGNATURE = (
    b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:Reference URI="#b"/>'
    b"</ds:SignedInfo><ds:SignatureValue>AA==</ds:SignatureValue><ds:Object>%b</ds:Object></ds:Signature>"
)
_BODY = _WHOLE[_WHOLE.index(b"<soap:Body") : _WHOLE.index(b"</soap:Envelope>")]
_RESPONSE = _BODY[_BODY.index(b">") + 1 : _BODY.rindex(b"<")]
_ANSWERS = _RESPONSE[_RESPONSE.rindex(b"<", 0, _RESPONSE.index(b"svarsdata")) : _RESPONSE.rindex(b"svarsdata>") + 10]


def inserted(before: bytes, what: bytes) -> bytes:
    """The whole answer with something put in, in front of a place that it has once."""
    assert _WHOLE.count(before) == 1
    return _WHOLE.replace(before, what + before)


_EMPTY_SOURCES = b"".join(b"<%b/>" % code.encode() for code in SourceCode)
_HIDDEN = b"<svarsdata>" + _EMPTY_SOURCES + b"</svarsdata>"


@pytest.mark.parametrize(
    "hidden",
    [_HIDDEN, b"<Body>" + _HIDDEN + b"</Body>", _SIGNATURE % _BODY, _SIGNATURE % _HIDDEN],
    ids=["an answer", "a body", "a signed body", "a signed answer"],
)
def test_what_is_hidden_in_the_header_is_not_read(hidden: bytes) -> None:
    header = b"<soap:Header>" + hidden + b"</soap:Header>"

    assert content(answers(inserted(b"<soap:Body", header))) == SOUND


@pytest.mark.parametrize(
    "body",
    [
        inserted(b"<soap:Body", b"<soap:Body>" + _HIDDEN + b"</soap:Body>"),
        inserted(b"<soap:Body", b'<x:Body xmlns:x="urn:x">' + _RESPONSE + b"</x:Body>"),
        inserted(b"</soap:Envelope>", _BODY),
        inserted(b"</soap:Body>", _RESPONSE),
        inserted(b"</soap:Body>", _SIGNATURE % _RESPONSE),
        _WHOLE.replace(_RESPONSE, _SIGNATURE % _RESPONSE),
        _WHOLE.replace(b"<soap:Body", b'<x:Body xmlns:x="urn:x"').replace(b"</soap:Body", b"</x:Body"),
        _WHOLE.replace(_ANSWERS, _ANSWERS * 2),
    ],
    ids=[
        "a body first",
        "another body first",
        "the body twice",
        "a second answer",
        "a signed answer beside it",
        "an answer in a signature",
        "a body of another namespace",
        "the sources' answers twice",
    ],
)
def test_of_two_answers_neither_is_taken(body: bytes) -> None:
    found = answers(body)

    assert {(each.state, each.code) for each in found.values()} == {(SourceState.ERROR, "NOT_SOAP")}


# --- the documents inside --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", _INNER)
def test_a_bomb_inside_one_source_is_named_there_and_leaves_the_other_six_alone(name: str) -> None:
    code, body = _INNER[name]

    found = answers(body)

    assert found[code].state is SourceState.UNPARSEABLE
    assert found[code].deviations
    assert found[code].data is None
    assert {other: each for other, each in content(found).items() if other is not code} == {
        other: each for other, each in SOUND.items() if other is not code
    }
    nothing_quoted(found)


@pytest.mark.parametrize("form", sound_forms(""))
def test_a_sound_document_inside_in_an_encoding_that_xml_has_is_read_as_ever(form: str) -> None:
    text = inner(SourceCode.CSN).decode().partition("?>")[2]

    found = answers(with_inner(SourceCode.CSN, encoded(sound_forms(text)[form])))

    assert content(found) == SOUND


def test_a_signature_around_the_document_inside_is_not_looked_into() -> None:
    document = inner(SourceCode.CSN).partition(b"?>")[2]

    found = answers(with_inner(SourceCode.CSN, encoded(_SIGNATURE % document)))

    assert found[SourceCode.CSN].state is SourceState.UNPARSEABLE
    assert "unknown element: Signature" in found[SourceCode.CSN].deviations


def test_the_whole_corpus_is_read_within_a_bound_on_memory() -> None:
    """In a process of its own, since what a process has once taken counts for as long as it lives."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.attack.hostile_documents"], capture_output=True, text=True, check=True
    ).stdout
    measured = json.loads(told)

    assert measured["documents"] == len(_OUTER) + len(_INNER) > 60
    assert measured["grown"] < _MOST_GROWTH_MB


def test_the_depth_that_is_refused_is_far_above_what_answers_have() -> None:
    assert 13 < MAX_DEPTH < 100


# --- what it says of its length --------------------------------------------------------------------------------------

_LIMIT = 1000
_CHUNKS = b"transfer-encoding: chunked\r\n\r\n"


def chunked(*pieces: bytes) -> bytes:
    return _CHUNKS + b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (*pieces, b""))


@pytest.mark.parametrize(
    ("after_the_status", "body"),
    [
        (b"content-length: 1000\r\n\r\n" + b"x" * 1000, b"x" * 1000),
        (chunked(b"x" * 600, b"y" * 400), b"x" * 600 + b"y" * 400),
        (b"content-length: 5\r\n" + chunked(b"x" * 600), b"x" * 600),
        (b"\r\n" + b"x" * 1000, b"x" * 1000),
        (b"content-length: 0\r\n\r\n", b""),
        (b"content-length: 3\r\n\r\nwhole and more", b"who"),
        (b"content-length: 3, 3\r\n\r\nwho", b"who"),
    ],
)
def test_an_answer_within_the_limit_is_read_to_the_end_that_http_gives_it(after_the_status: bytes, body: bytes) -> None:
    assert sent_by_transport(after_the_status).body == body


@pytest.mark.parametrize(
    ("after_the_status", "failure"),
    [
        (b"content-length: 1001\r\n\r\n" + b"x" * 1001, AnswerTooLarge),
        (b"content-length: 99999999999999999\r\n\r\n" + b"x" * 100_000, AnswerTooLarge),
        (b"\r\n" + b"x" * 1001, AnswerTooLarge),
        (chunked(b"x" * 600, b"y" * 401), AnswerTooLarge),
        # By what it says it is short; by its chunks it is not, and they are what counts.
        (b"content-length: 5\r\n" + chunked(*[b"x" * 100_000] * 20), AnswerTooLarge),
        (_CHUNKS + b"fffffff\r\n" + b"x" * 100_000, AnswerTooLarge),
        (b"content-length: 10\r\n\r\nx", TransportError),
        (b"content-length: 99999999999999999999999\r\n\r\nx", TransportError),
        (b"content-length: one\r\n\r\nx", TransportError),
        (b"content-length: -1\r\n\r\nx", TransportError),
        (b"content-length: 1\r\ncontent-length: 2\r\n\r\nxy", TransportError),
        (_CHUNKS + b"zz\r\n", TransportError),
    ],
)
def test_an_answer_beyond_the_limit_or_at_odds_with_its_length_is_a_failure(
    after_the_status: bytes, failure: type[TransportError]
) -> None:
    with pytest.raises(TransportError) as raised:
        sent_by_transport(after_the_status)

    assert type(raised.value) is failure


@pytest.mark.parametrize(
    "length", [b"one", b"-1", b"\xff", b"9" * 5000], ids=["word", "negative", "no text", "endless"]
)
@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_what_an_answer_without_a_body_says_of_its_length_is_nothing(status: bytes, length: bytes) -> None:
    answer = sent_by_transport(b"content-length: %b\r\n\r\n" % length, status)

    assert (answer.status, answer.body) == (int(status[:3]), b"")


@pytest.mark.parametrize("name", [b"server", b"content-type"])
def test_a_header_that_is_no_text_is_left_out_and_the_others_are_read(name: bytes) -> None:
    answer = sent_by_transport(name + b": F\xf6rs\xe4kringskassan\r\nX-Kept: yes\r\ncontent-length: 2\r\n\r\n{}")

    assert (name.decode() in answer.headers, answer.headers["x-kept"], answer.body) == (False, "yes", b"{}")
    assert problem_words(answer) == ()


def sent_by_transport(after_the_status: bytes, status: bytes = b"200 OK") -> Answer:
    """What our client makes of the bytes, when it takes a thousand of a body."""

    async def answers_so(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            writer.write(b"HTTP/1.1 %b\r\n%b" % (status, after_the_status))
            await writer.drain()
        writer.close()

    async def send() -> Answer:
        server = await asyncio.start_server(answers_so, "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        transport = PyreqwestTransport()
        try:
            return await transport.send(
                "GET",
                f"http://127.0.0.1:{port}/",
                headers={},
                body=b"",
                timeout_seconds=5,
                max_answer_bytes=_LIMIT,
            )
        finally:
            await transport.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(send())


# --- through the product ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(running: Exchange) -> Iterator[Surrounded]:
    """SSBTEK is hostile, and waited for during ten seconds."""
    settings = {"SAMRAD_CONSULTATION_SSBTEK_BUDGET_SECONDS": "10"}
    yield from surrounded(running, "SAMRAD_CONSULTATION_SSBTEK_URL", "/ssbt/10", **settings)


def test_a_hundred_megabytes_are_left_unread_and_the_next_look_up_is_answered(sources: Surrounded) -> None:
    piece = b"<x>" + b"y" * 1_000_000 + b"</x>"

    async def floods(_: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
        for _number in range(100):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    sources.neighbour.answer = floods
    flooded = sources.look_up()
    assert flooded.status_code == 200
    assert {(each["state"], each["code"]) for each in flooded.json()["sources"]} == {("error", "TOO_LARGE")}

    sources.neighbour.says(_OUTER["billion laughs"])
    assert {each["code"] for each in sources.look_up().json()["sources"]} == {"NOT_XML"}


@pytest.mark.parametrize("name", ["CSN a depth of 100 000", "SKV an entity of a file", "FK deep lists"])
def test_a_bomb_inside_one_source_reaches_the_caseworker_as_that_sources_trouble(
    sources: Surrounded, name: str
) -> None:
    code, body = _INNER[name]
    sources.neighbour.says(body.replace(b"00000000-0000-4000-8000-000000000001", b""))

    answer = sources.look_up()

    states = {each["source"]: each["state"] for each in answer.json()["sources"]}
    assert states.pop(code) == "unparseable"
    assert set(states.values()) == {"answered"}
    assert not answer.json()["complete"]
    assert PERSONS["complete"].number not in answer.text


_UNTOLD = "\u0000\ud800\u0007\ufffe"


def with_untold(value: Any) -> Any:
    """JSON in which every text, keys aside, ends in characters that JSON alone can hold."""
    if isinstance(value, str):
        return value + _UNTOLD
    if isinstance(value, list):
        return [with_untold(each) for each in value]
    return {key: with_untold(each) for key, each in value.items()} if isinstance(value, dict) else value


def test_what_only_json_can_hold_is_replaced_and_named_over_rest_over_soap_and_in_what_is_kept(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapped = fk._wrapped

    def damaged(put: Question, document: bytes) -> Element:
        return wrapped(put, json.dumps(with_untold(json.loads(document))).encode())

    monkeypatch.setattr(fk, "_wrapped", damaged)

    looked_up = exchange.look_up("complete")
    address = f"/consultation/v1/lookups/{looked_up.json()['lookupId']}/completions"
    completed = exchange.send("umea", "POST", address)

    for answer in (looked_up, completed):
        assert answer.status_code == 200
        source = next(each for each in answer.json()["sources"] if each["source"] == "FK")
        assert source["state"] == "partial"
        assert "a character that cannot be told: kod" in source["deviations"]
        assert "FK\N{REPLACEMENT CHARACTER}" in source["parts"][0]["name"]
    with facade_client(exchange) as facade:
        read = facade.answered(question(today=exchange.clock().date()))
    reading, _ = read_source(V10.readers[SourceCode.FK], read.sources["FK"])
    assert not reading.state.supports_decision


def test_a_source_of_its_own_may_hold_them_too() -> None:
    api = RestApi(SourceCode.TNS, "https://tns.example/", 5.0, MAX_BYTES)
    vehicle = {"regnr": "ABC123", "fabrikat": "Volvo", "fordonsar": "1999", "fordonsslag": "PB"}
    content = {"resultat": "OK", "fordonsinnehav": {"fordon": [{**vehicle, "handelsbeteckning": f"V70{_UNTOLD}"}]}}
    source = RestSource(api, FakeTransport([ok(json.dumps(content).encode())]), NoTokens(), ticking())

    answer = asyncio.run(source.ask(inquiry(sources={SourceCode.TNS: AUTUMN})))[SourceCode.TNS]

    assert answer.state is SourceState.PARTIAL
    assert answer.deviations == ("a character that cannot be told: handelsbeteckning",)
    assert answer.data is not None
    assert answer.data["vehicles"][0]["model"] == "V70" + 4 * "\N{REPLACEMENT CHARACTER}"


class NoTokens:
    """Nothing proves who asks."""

    async def headers(self, method: str, public_address: str) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    def forget(self, refused: Mapping[str, str]) -> None:
        """There is none."""
