"""Cursors lead back to their place, and what we did not make leads nowhere."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.http.paging import decode_cursor, encode_cursor, page_links, split_page
from shared.problems import Problem
from tests.sizes import sample_or_full

_ZONES = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))


_TIMES = st.builds(
    lambda seconds, zone: (datetime(2, 1, 2, tzinfo=UTC) + timedelta(microseconds=seconds)).astimezone(zone),
    st.integers(0, 9996 * 365 * 86_400 * 10**6),
    _ZONES,
)


@given(at=_TIMES, row_id=st.uuids())
@settings(max_examples=sample_or_full(150, 5000), deadline=None)
def test_a_cursor_leads_back_to_its_place_in_utc(at: datetime, row_id: uuid.UUID) -> None:
    cursor = encode_cursor(at, row_id)
    place = decode_cursor(cursor)

    assert place == (at, row_id)
    assert place is not None
    assert place[0].tzinfo is UTC
    assert len(cursor) <= 200


def coded(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


NOW, ID = "2026-11-20T09:12:00+00:00", str(uuid.UUID(int=1))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "=",
        "x",
        "å",
        "\0",
        "../../etc/passwd",
        coded(b"\xff"),
        coded(b"[" * 140),
        coded(b"NaN"),
        coded(None),
        coded([]),
        coded({}),
        coded("ab"),
        coded([NOW]),
        coded([NOW, ID, 1]),
        coded([NOW, 1]),
        coded([NOW, None]),
        coded([NOW, [ID]]),
        coded([NOW, "x"]),
        coded([1, ID]),
        coded([None, ID]),
        coded(["now", ID]),
        coded(["2026-11-20T09:12:00", ID]),
        coded(["0001-01-01T00:00:00+14:00", ID]),
        coded(["9999-12-31T23:59:59-14:00", ID]),
        coded({"a": 1, "b": 2}),
        coded(["' OR 1=1 --", ID]),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_cursor(cursor)

    assert caught.value.kind.status == 400


@given(st.text(max_size=200) | st.binary(max_size=140).map(coded))
@settings(max_examples=sample_or_full(200, 10_000), deadline=None)
def test_any_cursor_is_a_place_or_a_refusal(cursor: str) -> None:
    try:
        place = decode_cursor(cursor)
    except Problem:
        return
    assert place is not None


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor(None) is None


def test_links_carry_what_was_asked_and_escape_it() -> None:
    links = page_links("https://x/queue", {"limit": 2, "state": None, "cursor": "a&b=c#d"}, "n")

    assert links["self"]["href"] == "https://x/queue?limit=2&cursor=a%26b%3Dc%23d"
    assert links["next"]["href"] == "https://x/queue?limit=2&cursor=n"
    assert page_links("https://x/queue", {}, None) == {"self": {"href": "https://x/queue"}}


def test_one_row_more_than_asked_for_tells_that_more_follows() -> None:
    assert split_page([1, 2, 3], 2) == ([1, 2], True)
    assert split_page([1, 2], 2) == ([1, 2], False)
