"""Which rule decides whether a second handler sees an answer: the most specific one of those in force."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.consultation.consultations.approvals.rules import ApprovalRule, Covers, covered, handed_over_by

pytestmark = pytest.mark.requirement(13)

RECORDED = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = date(2026, 3, 10)
# Midnight in Sweden: still the day before in UTC.
BEGINS = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
ALL, DECISIONS, REFUSALS = Covers.ALL_ANSWERS, Covers.DECISIONS, Covers.REFUSALS


def rule(
    covers: Covers | None,
    unit: str | None = None,
    kind: str | None = None,
    valid_from: date = DAY,
    recorded_at: datetime = RECORDED,
) -> ApprovalRule:
    return ApprovalRule(unit, kind, valid_from, recorded_at, covers)


def decided(*rules: ApprovalRule, at: datetime = BEGINS) -> Covers | None:
    return covered(rules, "umea", "consultation", at)


def test_a_rule_holds_from_the_first_moment_of_its_swedish_day() -> None:
    assert decided(rule(ALL), at=BEGINS) is ALL
    assert decided(rule(ALL), at=BEGINS - timedelta(seconds=1)) is None
    assert decided() is None


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(None, None, ALL), (None, "consultation", DECISIONS)], DECISIONS),
        ([(None, "consultation", DECISIONS), ("umea", None, REFUSALS)], REFUSALS),
        ([("umea", None, REFUSALS), ("umea", "consultation", ALL)], ALL),
        ([("malmo", None, ALL), (None, "study_transition", ALL)], None),
        ([("umea", "consultation", None), (None, None, DECISIONS)], DECISIONS),
    ],
    ids=["type", "unit", "both", "of others", "ended on its level"],
)
def test_the_most_specific_level_that_has_a_rule_decides(
    levels: list[tuple[str | None, str | None, Covers | None]], expected: Covers | None
) -> None:
    assert decided(*(rule(covers, unit, kind) for unit, kind, covers in levels)) is expected


def test_of_two_from_the_same_day_the_one_recorded_last_counts_and_not_before_it_was() -> None:
    later = rule(None, recorded_at=BEGINS + timedelta(hours=9))

    assert decided(rule(ALL), later, at=BEGINS + timedelta(hours=8)) is ALL
    assert decided(rule(ALL), later, at=BEGINS + timedelta(hours=9)) is None


def test_the_units_that_one_handed_over_from_are_ones_own_however_ones_name_is_written() -> None:
    hand_overs = [("hl-1", "b"), ("HL-1", "a"), ("hl-1", "b"), ("hl-2", "c"), (None, "d"), ("hl-1", None)]

    assert handed_over_by("Hl-1", hand_overs) == ["a", "b"]
    assert handed_over_by("hl-3", hand_overs) == []
