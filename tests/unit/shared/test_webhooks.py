"""Signatures and waits of webhooks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.webhooks.retries import TRIED_FOR, WAITS, wait_after
from shared.webhooks.signing import TOLERANCE, NotSigned, new_secret, signed_headers, verify

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRETS = [new_secret(), new_secret()]


@given(st.binary(max_size=200), st.text(alphabet="abc-1", min_size=1, max_size=40))
def test_every_secret_that_signed_verifies_and_no_other(body: bytes, message_id: str) -> None:
    headers = signed_headers(SECRETS, message_id, NOW, body)

    for secret in SECRETS:
        verify([secret], headers, body, NOW)
    with pytest.raises(NotSigned):
        verify([new_secret()], headers, body, NOW)
    with pytest.raises(NotSigned):
        verify(SECRETS, {**headers, "webhook-id": message_id + "x"}, body, NOW)


@pytest.mark.parametrize("apart", [TOLERANCE, -TOLERANCE], ids=["late", "early"])
def test_a_message_of_another_time_is_not_believed(apart: timedelta) -> None:
    headers = signed_headers(SECRETS, "m", NOW, b"{}")
    verify(SECRETS, headers, b"{}", NOW + apart)
    with pytest.raises(NotSigned):
        verify(SECRETS, headers, b"{}", NOW + apart * 1.01)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_its_headers_is_not_believed(name: str) -> None:
    headers = signed_headers(SECRETS, "m", NOW, b"{}")
    for changed in ({**headers, name: "å"}, {key: value for key, value in headers.items() if key != name}):
        with pytest.raises(NotSigned):
            verify(SECRETS, changed, b"{}", NOW)


@given(st.integers(1, 500), st.floats(0, 1))
def test_a_wait_is_that_of_the_table_moved_by_a_fifth_at_most(tries: int, chance: float) -> None:
    wanted = WAITS[min(tries, len(WAITS)) - 1]
    assert wanted * 0.79 < wait_after(tries, chance) < wanted * 1.21


@given(st.lists(st.floats(0, 1), min_size=60, max_size=60))
def test_however_chance_falls_it_is_tried_soon_and_until_the_time_is_over(chances: list[float]) -> None:
    at, attempts = timedelta(0), 0
    for chance in chances:
        if at >= TRIED_FOR:
            break
        attempts += 1
        at += wait_after(attempts, chance)
    assert 20 <= attempts <= 35
    assert sum((wait_after(each, chances[each]) for each in range(1, 4)), timedelta(0)) < timedelta(minutes=4)
