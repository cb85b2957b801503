"""The simulated year, before any database: who asks, when, and how long it takes."""

from collections import Counter
from dataclasses import replace
from statistics import median

import pytest

from services.assembly.simulated_year import make_year
from services.consultation.simulation.desk import Step
from services.consultation.simulation.persons import invented_person
from services.consultation.simulation.questions import Ending
from services.consultation.simulation.year import Planned, Year, simulate, timeline
from tests.calibration import LAST_DAY

SIZE = 4000


@pytest.fixture(scope="module")
def year() -> Year:
    return make_year(7, SIZE, LAST_DAY)


@pytest.fixture(scope="module")
def steps(year: Year) -> list[Planned]:
    return timeline(year)


def _told(steps: list[Planned]) -> list[tuple[int, int, str, str | None]]:
    return [(each.second, each.handled.question.number, each.step, each.handler) for each in steps]


def test_the_same_seed_is_the_same_year_and_another_is_another() -> None:
    one, same, other = (_told(timeline(make_year(seed, 200, LAST_DAY))) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_the_fast_way_tells_the_same_endings_as_the_timeline(year: Year, steps: list[Planned]) -> None:
    ended = {each.question.number: each.ended for each in simulate(year) if each.ending is Ending.ANSWERED}
    answers = {each.handled.question.number: each.second for each in steps if each.step is Step.ANSWER}
    assert len(answers) > SIZE * 0.7
    assert answers.items() <= ended.items()


def test_the_largest_municipality_asks_three_of_ten_questions(steps: list[Planned]) -> None:
    asked = [each.handled.question for each in steps if each.step in (Step.OPEN, Step.REGISTER)]
    assert len(asked) == SIZE
    counted = Counter(each.municipality.code for each in asked)
    assert 0.27 < counted["0180"] / SIZE < 0.33
    assert counted.most_common(2)[1][1] < counted["0180"] / 4
    assert len(counted) > 200


def test_july_dips_and_january_and_september_peak(year: Year, steps: list[Planned]) -> None:
    def a_day(month: int) -> float:
        opened = sum(year.days.instant(each.second).month == month for each in steps if each.step is Step.OPEN)
        return opened / sum(day.month == month for day in year.days.days)

    assert a_day(7) < 0.65 * a_day(4)
    assert a_day(1) > 1.1 * a_day(4)
    assert a_day(9) > 1.1 * a_day(4)


def test_everything_that_can_happen_does(steps: list[Planned]) -> None:
    assert {each.step for each in steps} == set(Step)
    assert {each.handled.question.channel.value for each in steps} == {"api", "phone", "post", "local_office"}


def test_a_handler_takes_one_question_at_a_time_in_the_handlers_own_unit(steps: list[Planned]) -> None:
    claims = [each for each in steps if each.step is Step.CLAIM]
    assert len({(each.handler, each.second) for each in claims}) == len(claims)
    assert all((each.handler or "").rsplit("-", 1)[0] == each.handled.question.municipality.unit for each in claims)


def test_the_longer_the_queues_the_longer_the_wait(year: Year) -> None:
    def wait(load: float) -> float:
        changed = replace(year, parameters=year.parameters.model_copy(update={"load": (load, load)}))
        asked = [each for each in simulate(changed) if each.ending is Ending.ANSWERED and not each.question.registered]
        return median(each.ended - each.question.opens for each in asked if each.ended is not None)

    assert wait(0.98) > 1.5 * wait(0.6)


def test_persons_are_invented_and_each_is_another() -> None:
    numbers = {invented_person(each).reveal() for each in range(0, 3_000_000, 1009)}
    assert len(numbers) == len(range(0, 3_000_000, 1009))
    assert all(number.startswith("189") for number in numbers)
