"""Which purpose a text of the case system's stands for."""

import pytest

from services.consultation.lookups.facade.question import purpose_of
from services.consultation.problems import PURPOSE_UNCLEAR
from shared.problems import Problem

TEXTS = {"application": "Ansökan om bistånd", "visit": "Nyansökan", "recovery": "Återkrav", "other": "Återkrav"}


@pytest.mark.parametrize("stated", ["Ansökan om bistånd", " ansökan  OM\tbistånd\n"])
@pytest.mark.parametrize("default", [None, "visit"])
def test_a_registered_text_goes_before_the_default_whatever_its_blanks_and_capitals(
    stated: str, default: str | None
) -> None:
    assert purpose_of(stated, TEXTS, default) == "application"


@pytest.mark.parametrize("stated", ["", "Ansökan om bistånd.", "application"])
def test_other_words_are_the_default_and_without_one_they_are_refused(stated: str) -> None:
    assert purpose_of(stated, TEXTS, "visit") == "visit"
    with pytest.raises(Problem) as refused:
        purpose_of(stated, TEXTS, None)
    assert refused.value.kind is PURPOSE_UNCLEAR


def test_a_text_of_two_purposes_is_the_default_only_when_that_is_one_of_them() -> None:
    assert purpose_of("Återkrav", TEXTS, "other") == "other"
    for default in (None, "visit"):
        with pytest.raises(Problem):
            purpose_of("Återkrav", TEXTS, default)
