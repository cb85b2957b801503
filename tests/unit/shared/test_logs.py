"""One line a record, with everything that may be an identity number blotted out."""

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.identity import blot_out, passes_for_identity
from shared.logs import JsonFormatter, request_id, traceparent
from tests.sizes import sample_or_full

NUMBER = "189001019802"


def line(message: str, *arguments: object, **extra: Any) -> str:
    record = logging.LogRecord("service", logging.INFO, "file.py", 1, message, arguments, None)
    record.__dict__.update(extra)
    return JsonFormatter().format(record)


@pytest.mark.requirement(106)
@pytest.mark.parametrize("written", [NUMBER, NUMBER[2:], "18900101-9802", "900101-9802", "900101+9802", "900101 9802"])
@pytest.mark.parametrize("around", ["%s", "person=%s,", "/lookups/%s?x", '"%s"', "å%så", "a%sb", "\n%s\n", "(%s)"])
def test_a_number_is_blotted_out_wherever_it_stands(written: str, around: str) -> None:
    text = around % written
    for told in (line(text), line("%s", text), line("x", extra_field=text), line("x", nested={"deep": [text]})):
        assert written not in told
        assert "[redacted]" in told


def test_a_number_in_the_name_of_a_member_is_blotted_out_too() -> None:
    assert NUMBER not in line("x", members={NUMBER: 1})


@pytest.mark.parametrize("before", ["7", "00", "123", "a1"])
def test_a_number_inside_a_longer_run_of_digits_is_blotted_out(before: str) -> None:
    assert NUMBER[2:] not in line(f"{before}{NUMBER}")


@given(st.text(alphabet="0123456789-+ abcå", max_size=60))
@settings(max_examples=sample_or_full(200, 10_000), deadline=None)
def test_after_redaction_nothing_of_the_plain_forms_is_left(text: str) -> None:
    told = blot_out(text)

    assert blot_out(told) == told
    assert not any(passes_for_identity(run) for run in told.split() if run.isdigit() and len(run) in (10, 12))


def test_a_line_is_one_json_object_with_the_request_it_belongs_to() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00a1234567890b77-01"
    tokens = request_id.set("r-1"), traceparent.set(trace)
    try:
        entry = json.loads(line("two\nlines", value=object()))
    finally:
        request_id.reset(tokens[0])
        traceparent.reset(tokens[1])

    assert (entry["requestId"], entry["trace"]) == ("r-1", trace)
    assert entry["message"] == "two\nlines"
    assert entry["value"] == "object"
    assert "\n" not in line("two\nlines")


def test_an_exception_is_told_by_kind_and_place_and_never_by_its_text() -> None:
    try:
        raise ValueError(f"DETAIL: Key (pnr)=({NUMBER}) secret words")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "broke", None, sys.exc_info())
    told = JsonFormatter().format(record)

    assert "ValueError" in told
    assert "test_logs.py" in told
    assert "secret words" not in told
    assert NUMBER not in told
