"""What an expected answer looks like on the wire."""

from typing import Any

from services.consultation.expected.domain import PROBABILITY, Basis, Expectation
from services.consultation.expected.words import words
from services.consultation.wire import Instant, TextsModel
from shared.http.bodies import WireModel

_MINUTE = 60
EXAMPLE: dict[str, Any] = {
    "at": "2026-11-25T09:12:00Z",
    "basis": "unit",
    "withinWorkingMinutes": 1620,
    "probability": 0.85,
    "n": 412,
    "texts": {
        "sv": "85 % av frågor som denna besvaras inom 3 arbetsdagar (enhetens egna senaste svar, 412 st).",
        "en": "85 % of questions like this are answered within 3 working days "
        "(the unit's own latest answers; n = 412).",
    },
}


class ExpectedAnswer(WireModel):
    """When an answer can be expected: `probability` of questions like this are answered by then.

    `basis` tells from what: `unit` from the unit's own `n` latest answers to the type, `type` from those of all units,
    `target` when there are too few: then it is the due date, and nothing is stated of how likely it is.
    `withinWorkingMinutes` are counted from the opening. `at` is null when nothing honest can be said any more.
    """

    at: Instant | None
    basis: Basis
    within_working_minutes: int | None
    probability: float | None
    n: int | None
    texts: TextsModel


def expected_answer(expected: Expectation, working_day_seconds: int) -> ExpectedAnswer:
    """As it is told."""
    told = words(expected, working_day_seconds)
    within = expected.within_seconds
    return ExpectedAnswer(
        at=expected.at,
        basis=expected.basis,
        within_working_minutes=None if within is None else -(-within // _MINUTE),
        probability=PROBABILITY if expected.stated else None,
        n=expected.n,
        texts=TextsModel(sv=told.sv, en=told.en),
    )
