"""Where a consultation comes, from the decision alone."""

import uuid

import pytest

from services.consultation.consultations.placement import Placement, place
from services.consultation.grounds.domain import AskingOrganisation, DecidedItem, Decision, HandlingUnit

ASKED = "consultation.employer_contact"


def decision(handled_by: HandlingUnit | None) -> Decision:
    asker = AskingOrganisation("Umeå kommun", "municipality", "2480", "24")
    item = DecidedItem(ASKED, permitted=True, reason=None, ground="SFS", handled_by=handled_by)
    return Decision(uuid.uuid4(), 4, asker, (item,))


def test_it_comes_to_the_unit_that_the_register_names() -> None:
    unit = HandlingUnit("af-employer-north", "Arbetsgivarenhet", "af-north", "employer")

    assert place(decision(unit), ASKED) == Placement("af-employer-north", "employer", None)


@pytest.mark.parametrize(
    ("handled_by", "placement"),
    [
        (None, Placement("national", "general", None)),
        (HandlingUnit(None, None, None, "studies"), Placement("national", "studies", None)),
    ],
    ids=["not told", "no unit"],
)
def test_without_a_unit_it_comes_to_the_national_one_and_the_log_says_so(
    handled_by: HandlingUnit | None, placement: Placement, caplog: pytest.LogCaptureFixture
) -> None:
    assert place(decision(handled_by), ASKED) == placement
    assert [record.message for record in caplog.records] == ["no unit handles this"]


@pytest.mark.requirement(92)
@pytest.mark.parametrize("unit", ["af-corrections", None])
def test_the_queue_of_corrections_is_hidden_whichever_unit_has_it(unit: str | None) -> None:
    assert place(decision(HandlingUnit(unit, None, None, "corrections")), ASKED).restricted == "corrections"
