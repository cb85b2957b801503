"""The decision, from the evidence alone."""

from datetime import date

import pytest

from services.agreements.grounds.domain import Evidence, Ground, Reason, decided
from services.agreements.organisations.domain import Organisation

ASKER = Organisation("2480", "2120002627", "municipality", "Umeå", None, None, "2480", "Umeå", "24", "AC", False)
GROUND = Ground("g", "b", "5 §", "Uppgifter", date(2025, 7, 1), None)


def evidence(**found: object) -> Evidence:
    """Nothing is known unless stated."""
    nothing: dict[str, object] = {
        "information_set": "lookup.af",
        "known": False,
        "answering": None,
        "ground": None,
        "on_another_day": False,
        "for_another_purpose": False,
        "for_another_kind": False,
    }
    return Evidence(**(nothing | found))  # type: ignore[arg-type]


def test_a_ground_in_force_permits() -> None:
    (item,) = decided(ASKER, [evidence(known=True, ground=GROUND)])

    assert (item.permitted, item.ground, item.reason) == (True, GROUND, None)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({}, Reason.UNKNOWN_INFORMATION_SET),
        ({"known": True}, Reason.NO_GROUND_IN_FORCE),
        ({"known": True, "for_another_kind": True}, Reason.KIND_NOT_PERMITTED),
        ({"known": True, "for_another_kind": True, "for_another_purpose": True}, Reason.PURPOSE_NOT_PERMITTED),
        (
            {"known": True, "for_another_kind": True, "for_another_purpose": True, "on_another_day": True},
            Reason.NO_GROUND_IN_FORCE,
        ),
    ],
)
def test_without_one_the_nearest_reason_is_told(found: dict[str, object], reason: Reason) -> None:
    (item,) = decided(ASKER, [evidence(**found)])

    assert (item.permitted, item.ground, item.reason) == (False, None, reason)


def test_an_unknown_organisation_is_refused_whatever_the_evidence() -> None:
    (item,) = decided(None, [evidence(known=True, ground=GROUND)])

    assert (item.permitted, item.ground, item.reason) == (False, None, Reason.ORGANISATION_UNKNOWN)
