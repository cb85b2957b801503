"""A simulated year, whole: every unit at work on everything it is asked. Pure, and the same for the same seed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count as counting
from random import Random

from services.consultation.simulation.desk import Handled, Step, Tell, UnitAtWork
from services.consultation.simulation.parameters import Parameters
from services.consultation.simulation.questions import Drawing, Question
from services.consultation.simulation.working_days import WorkingDays
from services.consultation.simulation.world import Municipality, staff


@dataclass(frozen=True, slots=True)
class Year:
    """What the year is made of. The same `seed` gives the same year."""

    seed: int
    consultations: int
    days: WorkingDays
    municipalities: tuple[Municipality, ...]
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Planned:
    """A step at a second of the axis. `order` is that of all steps at the same second."""

    second: int
    order: int
    handled: Handled
    step: Step
    handler: str | None
    beside: int


def simulate(year: Year) -> list[Handled]:
    """What became of every question: the fast way, without a step being told."""
    return _at_work(year, lambda *_: None)


def timeline(year: Year) -> list[Planned]:
    """Every step of the year in the order it is taken. What would be after the end of the year is left out."""
    steps: list[Planned] = []
    orders = counting()

    def tell(second: int, handled: Handled, step: Step, handler: str | None, beside: int) -> None:
        steps.append(Planned(second, next(orders), handled, step, handler, beside))

    _at_work(year, tell)
    steps.sort(key=lambda each: (each.second, each.order))
    return [each for each in steps if each.second < year.days.seconds]


def _at_work(year: Year, tell: Tell) -> list[Handled]:
    # Text as a seed is hashed the same way in every process.
    drawing = Drawing(year.parameters, year.days, Random(f"{year.seed}"))  # noqa: S311 - drawn again from the seed
    questions = drawing.year(year.municipalities, year.consultations)
    numbers = counting(len(questions))
    of_unit: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        of_unit[question.municipality.unit].append(question)
    handled: list[Handled] = []
    for code in sorted(of_unit):
        handled += _one_unit(year, code, of_unit[code], tell, lambda: next(numbers))
    return handled


def _one_unit(
    year: Year, code: str, questions: Sequence[Question], tell: Tell, next_number: Callable[[], int]
) -> list[Handled]:
    random = Random(f"{year.seed} {code}")  # noqa: S311 - drawn again from the seed
    # Who takes a call answers at once; that is not planned work.
    work = sum(each.work for each in questions if not each.at_once)
    unit = staff(code, work, year.days, year.parameters, random)
    drawing = Drawing(year.parameters, year.days, random)
    return UnitAtWork(unit, year.days, year.parameters, drawing, random, tell).run(questions, next_number)
