"""The outermost layer: odd headers out, safe headers in, a request id, and no fault that answers nothing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from shared.http.conditions import expected_version
from shared.http.guard import Guard, Message, Receive, Scope, Send, new_traceparent
from shared.problems import Problem
from tests.sizes import sample_or_full
from tests.unit.shared import given as g

Headers = list[tuple[bytes, bytes]]
ONCE = [
    *("host", "authorization", "dpop", "content-length", "content-type", "idempotency-key", "if-match", "traceparent")
]


async def fine(scope: Scope, _: Receive, send: Send) -> None:
    scope["seen"].append(scope["state"]["request_id"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=60")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def breaks(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("189001019802")


async def breaks_late(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("late")


def answered(app: Any, *headers: tuple[bytes, bytes]) -> tuple[list[Message], list[str]]:
    messages: list[Message] = []
    seen: list[str] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "headers": list(headers), "seen": seen}
    scope["http_version"] = "1.0"
    g.run(Guard(app, type_base="https://x/", service="test")(scope, receive, send))
    return messages, seen


def headers_of(messages: list[Message]) -> dict[bytes, bytes]:
    return dict(messages[0]["headers"])


@pytest.mark.parametrize("name", ONCE)
def test_a_header_that_may_occur_once_is_refused_twice(name: str) -> None:
    twice = [(name.encode(), b"1"), (b"accept", b"x"), (name.encode(), b"1")]
    messages, seen = answered(fine, *twice)

    assert messages[0]["status"] == 400
    assert json.loads(messages[1]["body"])["code"] == "bad_request"
    assert seen == []


def test_every_answer_carries_the_safe_headers_and_keeps_its_own() -> None:
    told = headers_of(answered(fine)[0])

    assert told[b"x-content-type-options"] == b"nosniff"
    assert told[b"content-security-policy"].startswith(b"default-src 'none'")
    assert told[b"referrer-policy"] == b"no-referrer"
    assert told[b"cache-control"] == b"max-age=60"
    assert headers_of(answered(breaks)[0])[b"cache-control"] == b"no-store"


def test_a_fault_answers_500_with_an_id_and_none_of_its_words() -> None:
    messages, _ = answered(breaks)
    problem = json.loads(messages[1]["body"])

    assert (messages[0]["status"], problem["code"]) == (500, "internal_error")
    assert problem["instance"].startswith("urn:uuid:")
    assert b"189001019802" not in messages[1]["body"]


def test_a_fault_in_the_middle_of_an_answer_sends_no_second_one() -> None:
    messages, _ = answered(breaks_late)

    assert [message["type"] for message in messages] == ["http.response.start"]


def test_each_request_has_an_id_of_its_own() -> None:
    assert len({answered(fine)[1][0] for _ in range(100)}) == 100


GOOD = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"x",
        GOOD.upper(),
        GOOD + b"-extra",
        b"01" + GOOD[2:],
        GOOD[:-1],
        GOOD + b"\n",
        b"00-18900101980200000000000000000000-00f067aa0ba902b7-01",
    ],
)
def test_a_trace_that_is_odd_or_hides_a_number_is_replaced(sent: bytes) -> None:
    told = headers_of(answered(fine, (b"traceparent", sent))[0])[b"traceparent"]

    assert told != sent
    assert len(told) == 55


def test_a_fit_trace_is_passed_on() -> None:
    assert headers_of(answered(fine, (b"traceparent", GOOD))[0])[b"traceparent"] == GOOD
    assert new_traceparent() != new_traceparent()


_NAMES = st.sampled_from([name.encode() for name in [*ONCE, "transfer-encoding", "accept", "x-org", "x_org"]])


@given(st.lists(st.tuples(_NAMES, st.binary(max_size=30)), max_size=12))
@settings(max_examples=sample_or_full(100, 5000), deadline=None)
def test_any_set_of_headers_is_answered_once(headers: Headers) -> None:
    messages, seen = answered(fine, *headers)

    assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
    assert messages[0]["status"] == 200 if seen else messages[0]["status"] in (400, 415, 417)


# --- conditions --------------------------------------------------------------------------------------------------


def conditional(value: str | None) -> Request:
    headers = [] if value is None else [(b"if-match", value.encode("latin-1"))]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers})


@pytest.mark.parametrize(("value", "version"), [('"3"', 3), (' "12" ', 12), ('"0"', 0), ('"999999999"', 999999999)])
def test_a_version_is_read_from_its_tag(value: str, version: int) -> None:
    assert g.run(expected_version(conditional(value))) == version


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "*",
        "3",
        '"x"',
        '"-1"',
        '"1e3"',
        '"3", "4"',
        '"9999999999"',
        '"²"',
        '"³"',
        '""',
        '"3"x',
        "'3'",
        '"0x1"',
    ],
)
def test_what_is_no_single_tag_of_ours_is_no_condition(value: str | None) -> None:
    with pytest.raises(Problem) as caught:
        g.run(expected_version(conditional(value)))

    assert caught.value.kind.status == 428
