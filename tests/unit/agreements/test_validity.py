"""Legal bases on a day, and the Swedish day of an instant."""

from datetime import UTC, date, datetime

import pytest

from services.agreements.days import swedish_day
from services.agreements.grounds.legal_bases import LegalBasis, warning
from shared.problems import Words


def basis(name: str, valid_from: date | None, valid_to: date | None, replaced_by: str | None = None) -> LegalBasis:
    return LegalBasis(name, name, Words(name, name), None, True, replaced_by, valid_from, valid_to)


CHAIN = {
    each.id: each
    for each in (
        basis("first", None, date(2020, 12, 31), "second"),
        basis("second", date(2021, 1, 1), date(2021, 12, 31), "third"),
        basis("third", date(2022, 1, 1), None),
        basis("ended", None, date(2020, 12, 31)),
        basis("ring", None, date(2020, 12, 31), "ring"),
    )
}


@pytest.mark.requirement(80)
@pytest.mark.parametrize(
    ("name", "on", "replacement"),
    [
        ("first", date(2021, 1, 1), "second"),
        ("first", date(2022, 1, 1), "third"),
        ("third", date(2021, 12, 31), "second"),
        ("third", date(2020, 12, 31), "first"),
        ("ended", date(2021, 1, 1), None),
        ("ring", date(2021, 1, 1), None),
    ],
)
def test_a_warning_names_what_was_in_force_on_the_day(name: str, on: date, replacement: str | None) -> None:
    warned = warning(CHAIN, CHAIN[name], on)

    assert warned is not None
    assert (warned.replacement and warned.replacement.id) == replacement


@pytest.mark.parametrize(("name", "on"), [("first", date(2020, 12, 31)), ("second", date(2021, 1, 1))])
def test_both_days_belong_to_the_validity(name: str, on: date) -> None:
    assert warning(CHAIN, CHAIN[name], on) is None


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 6, 30, 21, 59, tzinfo=UTC), date(2025, 6, 30)),
        (datetime(2025, 6, 30, 22, 0, tzinfo=UTC), date(2025, 7, 1)),
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_sweden(instant: datetime, day: date) -> None:
    assert swedish_day(instant) == day
