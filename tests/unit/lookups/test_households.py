"""Who takes a turn when, on an event loop whose time the test holds."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.consultation.lookups.households.domain import MemberResult, check_members
from services.consultation.lookups.households.turns import take_turns
from services.consultation.lookups.purposes import PURPOSES, Purpose
from services.consultation.lookups.roles import Role
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.persons.domain import PersonNumber
from shared.problems import NOT_FOUND, Problem
from tests.held_time import HeldTime


def turns(work: Callable[[int, float], Awaitable[None]], number: int, *, at_once: int, seconds: float) -> list[str]:
    """What became of each: `told`, or the code of its problem."""

    def turn(position: int) -> tuple[int, Callable[[float], Awaitable[MemberResult]]]:
        async def take(left: float) -> MemberResult:
            await work(position, left)
            return MemberResult(position)

        return position, take

    with asyncio.Runner(loop_factory=HeldTime) as runner:
        made = [turn(position) for position in range(number)]
        results = runner.run(take_turns(made, at_once=at_once, seconds=seconds))
    assert [each.position for each in results] == list(range(number))
    return [each.problem.kind.code if each.problem else "told" for each in results]


def test_no_more_than_so_many_are_under_way_at_once() -> None:
    under_way: set[int] = set()
    most = 0

    async def work(position: int, _: float) -> None:
        nonlocal most
        under_way.add(position)
        most = max(most, len(under_way))
        await asyncio.sleep(1)
        under_way.remove(position)

    assert turns(work, 12, at_once=4, seconds=32) == ["told"] * 12
    assert most == 4


def test_everybody_shares_the_time_of_one_and_nobody_begins_when_it_is_over() -> None:
    given: dict[int, float] = {}

    async def work(position: int, left: float) -> None:
        given[position] = left
        await asyncio.sleep(10)

    assert turns(work, 5, at_once=1, seconds=30.5) == ["told"] * 3 + ["household_time_over"] * 2
    assert given == {0: 30.5, 1: 20.5, 2: 10.5}


def test_what_refuses_or_breaks_one_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def work(position: int, _: float) -> None:
        if position == 1:
            raise Problem(NOT_FOUND)
        if position == 2:
            raise OSError("the database is gone")
        if position == 3:
            raise KeyError("nobody expected this")

    assert turns(work, 5, at_once=2, seconds=30) == ["told", "not_found", "unavailable", "internal_error", "told"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


def test_faults_of_a_household_are_told_together_by_place() -> None:
    person, other = (PersonNumber.parse(PERSONS[name].number) for name in ("complete", "fk_failed"))

    with pytest.raises(Problem) as refused:
        check_members([(Role.CO_APPLICANT, person), (Role.CO_APPLICANT, other), (Role.CHILD, person)])

    assert [(each["field"], each["reason"]) for each in refused.value.members["errors"]] == [
        ("persons", "no_applicant"),
        ("persons.1.role", "several_co_applicants"),
        ("persons.2.person", "repeated"),
    ]


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=PURPOSES.keys())
def test_about_a_child_fewer_sources_are_asked_and_none_that_the_purpose_does_not_need(purpose: Purpose) -> None:
    assert purpose.sources_for(Role.CHILD) == (SourceCode.CSN, SourceCode.FK)
    assert purpose.sources_for(Role.APPLICANT) == purpose.sources_for(Role.CO_APPLICANT) == purpose.sources
