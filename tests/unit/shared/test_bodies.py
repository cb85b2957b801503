"""JSON bodies are read within limits, and refused without a word of what was sent."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field
from starlette.requests import Request

from shared.http.bodies import MAX_BODY_BYTES, JsonBody, WireModel, parse
from shared.problems import Problem
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

SECRET = "189001019802"


class Inner(WireModel):
    from_: Annotated[str | None, Field(alias="from")] = None


class Body(WireModel):
    case_reference: Annotated[str, Field(max_length=20)]
    count: Annotated[int, Field(ge=0, le=10)] = 0
    inner: Inner | None = None
    parts: tuple[Inner, ...] = ()


def refusal(body: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        parse(Body, body)
    return caught.value


def told(problem: Problem) -> str:
    return repr(problem) + json.dumps(problem.members)


def test_names_are_camel_case_outside_and_snake_case_inside() -> None:
    body = parse(Body, b'{"caseReference": "a", "inner": {"from": "b"}}')

    assert (body.case_reference, body.inner.from_) == ("a", "b")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b'{"caseReference": "a"}x',
        b"{\"caseReference\": 'a'}",
        b"\xff\xfe{\x00}\x00",
        '{"caseReference": "å"}'.encode("latin-1"),
        '{"caseReference": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"caseReference": "a"}',
        b'{"caseReference": "a\x00b"}',
        b'{"caseReference": "\\ud800"}',
        b'{"caseReference": "\\udc00\\ud800"}',
        b'{"caseReference": "\xed\xa0\x80"}',
        b"[" * 30_000,
        b'{"inner":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_what_is_no_json_in_utf_8_is_refused(body: bytes) -> None:
    assert (refusal(body).kind.code, refusal(body).kind.status) == ("not_json", 400)


@pytest.mark.parametrize(
    "body",
    [
        b'{"caseReference": "\\u0000"}',
        b'{"caseReference": "a", "inner": {"from": "x\\u0000"}}',
        b'{"caseReference": "a", "parts": [{"from": "\\u0000"}]}',
        b'{"caseReference": "\\u0000", "caseReference": "\\u0000"}',
        b'{"\\u0000": 1, "caseReference": "a"}',
    ],
)
def test_nul_is_refused_wherever_it_stands(body: bytes) -> None:
    assert refusal(body).kind.status == 422


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert parse(Body, b'{"caseReference": "\\\\u0000"}').case_reference == "\\u0000"


def test_nul_in_a_body_too_deep_to_be_read_is_a_refusal_and_no_fault() -> None:
    deep = b'{"caseReference": "\\u0000", "inner":' + b"[" * 20_000 + b"]" * 20_000 + b"}"

    assert refusal(deep).kind.status == 400


def test_nul_beside_a_number_that_is_too_long_to_be_read_is_a_refusal() -> None:
    assert refusal(b'{"caseReference": "\\u0000", "count": ' + b"9" * 6000 + b"}").kind.status in (400, 422)


def test_of_a_repeated_member_the_last_counts_for_both_readers() -> None:
    assert parse(Body, b'{"caseReference": "\\u0000", "caseReference": "b"}').case_reference == "b"
    assert refusal(b'{"caseReference": "b", "caseReference": "\\u0000"}').kind.status == 422


@pytest.mark.parametrize("number", ["1e400", "9" * 400, "9" * 6000, "-1", "11", "1.5", "true", '"1"', "null"])
def test_a_number_out_of_range_is_refused(number: str) -> None:
    if number == '"1"':
        assert parse(Body, b'{"caseReference": "a", "count": "1"}').count == 1
        return
    if number == "true":
        return  # pydantic reads true as one
    assert refusal(b'{"caseReference": "a", "count": ' + number.encode() + b"}").kind.status in (400, 422)


@pytest.mark.requirement(106)
@pytest.mark.parametrize(
    "body",
    [
        {"caseReference": "a", SECRET: SECRET},
        {"caseReference": "a", "inner": {SECRET: 1}},
        {"caseReference": "a", "parts": [{"from": [SECRET]}]},
        {"caseReference": SECRET + SECRET},
        {"caseReference": [SECRET]},
        {"caseReference": "a", "count": SECRET},
        {"caseReference": "a", "inner": SECRET},
        [SECRET],
        SECRET,
        {SECRET: {SECRET: SECRET}},
    ],
    ids=str,
)
def test_what_was_sent_is_never_repeated(body: Any) -> None:
    problem = refusal(json.dumps(body).encode())

    assert problem.kind.code == "malformed_request"
    assert SECRET not in told(problem)


def test_a_name_from_inside_is_not_a_second_way_to_say_the_same() -> None:
    for body in (b'{"case_reference": "a"}', b'{"caseReference": "a", "case_reference": "b"}'):
        assert {"field": "*", "reason": "unknown_field"} in refusal(body).members["errors"]
    assert refusal(b'{"caseReference": "a", "inner": {"from_": "x"}}').kind.status == 422


def test_a_refusal_says_where_and_why() -> None:
    problem = refusal(b'{"inner": {"from": 1, "x": 2}, "y": 3}')

    assert {"field": "caseReference", "reason": "missing"} in problem.members["errors"]
    assert {"field": "inner.*", "reason": "unknown_field"} in problem.members["errors"]
    assert {"field": "*", "reason": "unknown_field"} in problem.members["errors"]
    assert {"field": "inner.from", "reason": "string_type"} in problem.members["errors"]


def test_a_flood_of_faults_is_cut_short() -> None:
    assert len(refusal(json.dumps({str(number): 1 for number in range(1000)}).encode()).members["errors"]) == 20


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: json.dumps({"caseReference": text}).encode()))
@settings(max_examples=sample_or_full(200, 10_000), deadline=None)
def test_any_bytes_are_a_body_or_a_refusal(body: bytes) -> None:
    try:
        read = parse(Body, body)
    except Problem:
        return
    assert "\0" not in read.case_reference
    assert read.case_reference.encode().decode() == read.case_reference


# --- as a dependency ---------------------------------------------------------------------------------------------


def sent(content: bytes, media_type: str | None = "application/json", pieces: int = 1) -> Request:
    size = max(1, -(-len(content) // pieces))
    chunks = [content[start : start + size] for start in range(0, len(content), size)] or [b""]

    async def receive() -> dict[str, Any]:
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    headers = [(b"content-type", media_type.encode("latin-1"))] if media_type is not None else []
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers, "state": {}}, receive)


READ = JsonBody(Body, {})


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON", "application/json; charset=utf-8"])
def test_json_is_read_under_its_media_type(media_type: str) -> None:
    assert g.run(READ(sent(b'{"caseReference": "a"}', media_type))).case_reference == "a"


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/json-patch+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "*/*",
        "application/json, text/plain",
        "application/jsonå",
    ],
)
def test_another_media_type_is_refused_before_the_body_is_read(media_type: str | None) -> None:
    with pytest.raises(Problem) as caught:
        g.run(READ(sent(b"{", media_type)))

    assert caught.value.kind.status == 415


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_a_body_is_refused_as_soon_as_it_passes_the_limit(pieces: int) -> None:
    def body(size: int) -> bytes:
        return b'{"caseReference": "a"}' + b" " * (size - 22)

    assert g.run(READ(sent(body(MAX_BODY_BYTES), pieces=pieces))).case_reference == "a"
    with pytest.raises(Problem) as caught:
        g.run(READ(sent(body(MAX_BODY_BYTES + 1), pieces=pieces)))
    assert (caught.value.kind.status, caught.value.members) == (413, {"maxBytes": MAX_BODY_BYTES})
