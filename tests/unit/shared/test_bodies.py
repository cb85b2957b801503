"""JSON bodies are read within limits, and refused without a word of what was sent."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError
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


REFUSED = {
    "repeated_member": [
        b'{"caseReference": "a", "caseReference": "a"}',
        b'{"caseReference": "a", "inner": {"from": "b", "from": "c"}}',
        b'{"caseReference": "a", "case\\u0052eference": "b"}',
        b'{"unknown": 1, "unknown": 2}',
        b'[{"a": {"b": 1, "b": 2}}]',
    ],
    "too_deep": [
        b"[" * 33 + b"]" * 33,
        b'{"inner":' * 33 + b"1" + b"}" * 33,
        b"[" * 990 + b"]" * 990,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"caseReference": "a", "parts": [' + b'{"from": {"from":' * 20 + b"1" + b"}}" * 20 + b"]}",
    ],
    "not_a_number": [b'{"count": NaN}', b'{"count": Infinity}', b'{"count": -Infinity}'],
    "number_out_of_range": [b'{"count": 1e400}', b'{"count": -1e999}', b"[1e309]"],
    "lone_surrogate": [b'{"caseReference": "\\ud800"}', b'{"caseReference": "\\udc00\\ud800"}', b'{"\\udfff": 1}'],
}


@pytest.mark.parametrize(("reason", "body"), [(reason, body) for reason, bodies in REFUSED.items() for body in bodies])
def test_what_two_parsers_could_read_differently_is_refused_with_its_reason(reason: str, body: bytes) -> None:
    problem = refusal(body)

    assert (problem.kind.code, problem.kind.status) == ("not_json", 400)
    assert problem.members["errors"] == [{"field": "*", "reason": reason}]


def test_brackets_in_texts_and_side_by_side_are_no_depth() -> None:
    parts = ", ".join('{"from": "[[[[{{{{"}' for _ in range(200))

    assert len(parse(Body, f'{{"caseReference": "a", "parts": [{parts}]}}'.encode()).parts) == 200


def test_a_body_as_deep_as_is_allowed_is_read() -> None:
    assert refusal(b"[" * 32 + b"]" * 32).kind.status == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=25),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["caseReference", "count", "inner", "from", "parts", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=sample_or_full(100, 10_000), deadline=None)
def test_any_value_is_read_as_the_validators_own_parser_reads_it(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        expected = Body.model_validate_json(body, by_alias=True, by_name=False)
    except ValidationError:
        expected = None
    try:
        read = parse(Body, body)
    except Problem:
        read = None
    assert read == expected or "\\u0000" in body.decode()


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
@settings(max_examples=sample_or_full(100, 10_000), deadline=None)
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


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"'],
)
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
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=",
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
