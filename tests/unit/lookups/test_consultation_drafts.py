"""Which consultations an answer suggests, and that a draft holds nothing of the answer."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from services.consultation.lookups.drafts.rules import FILE, read_rules, suggested
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState
from services.consultation.question_categories import WORDS, QuestionCategory
from tests.unit.lookups.given import readings, simulated

pytestmark = pytest.mark.requirement(4)

ANSWERED = SourceState.ANSWERED


def af(
    *items: str,
    state: SourceState = ANSWERED,
    left_out: tuple[str, ...] = (),
    data: Mapping[str, Any] | None = None,
) -> SourceAnswer:
    report = {"activityReport": {"latest": "2026-11-14", "message": None}}
    return SourceAnswer(SourceCode.AF, state, items=items, left_out=left_out, data=report if data is None else data)


def categories(*answers: SourceAnswer) -> list[str]:
    return [rule.category.value for rule in suggested(answers)]


def simulated_categories(name: str) -> list[str]:
    read = readings(simulated(name))
    return categories(
        *(SourceAnswer(code, each.state, items=each.items, data=each.data) for code, each in read.items())
    )


def test_of_a_jobseeker_can_be_asked_what_is_planned() -> None:
    assert categories(af("jobseeker", "activityReport")) == ["planned_measures"]


def test_without_a_report_can_be_asked_about_reports_also_when_af_says_so_in_words() -> None:
    assert simulated_categories("without_activity_report")[:2] == ["planned_measures", "activity_report"]
    assert "activity_report" not in simulated_categories("complete")


def test_of_one_who_is_deregistered_is_asked_about_that_and_not_about_plans() -> None:
    assert simulated_categories("fund_suspended") == ["deregistration"]
    assert categories(af("jobseeker", "deregistered")) == ["deregistration"]


def test_an_assignment_to_a_programme_at_fk_suggests_its_plan() -> None:
    assert "programme_plan" in simulated_categories("complete")


@pytest.mark.parametrize("person", ["af_late", "af_other_status", "all_down"])
def test_when_af_could_not_be_read_it_can_be_asked(person: str) -> None:
    assert simulated_categories(person)[-1] == "af_unread"


def test_of_one_about_whom_nothing_is_registered_nothing_is_suggested() -> None:
    assert simulated_categories("nothing_registered") == []
    assert categories(SourceAnswer(SourceCode.AF, SourceState.NOT_ASKED)) == []


def test_what_the_purpose_does_not_open_suggests_nothing() -> None:
    assert categories(af("decisions", left_out=("jobseeker", "activityReport", "deregistered"), data={})) == []


def test_the_report_is_not_called_absent_when_reports_are_not_opened() -> None:
    assert categories(af("jobseeker", left_out=("activityReport",), data={})) == ["planned_measures"]


def test_every_category_of_the_table_has_words() -> None:
    assert set(WORDS) == set(QuestionCategory)


@pytest.mark.parametrize(
    "change",
    [{"category": "gossip"}, {"items": ["salary"]}, {"type": "chat"}, {"states": []}, {"extra": 1}, {"source": "XX"}],
    ids=str,
)
def test_a_table_with_a_rule_that_does_not_hold_is_refused(change: dict[str, Any]) -> None:
    content = json.loads(FILE.read_text("utf-8"))
    content["rules"][0] |= change

    with pytest.raises(ValueError, match=r".+"):
        read_rules(json.dumps(content))
