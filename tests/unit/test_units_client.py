"""The client of the agreements service that knows the units: what was told last holds while nobody tells anew."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from services.consultation.units.agreements import AgreementsUnits
from shared.problems import Problem

AGREEMENTS = "https://agreements.example"
UNITS = f"{AGREEMENTS}/agreements/v1/units"
AF = "2021002114"


def unit(code: str, level: str = "unit", owner: str = AF) -> dict[str, Any]:
    return {"code": code, "level": level, "organisationNumber": owner, "name": f"Enhet {code}", "parent": None}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def names(answers: list[httpx.Response], *codes: str, minutes: int = 0) -> list[str | None]:
    """What each code is called, so many minutes apart, when the register answers so."""

    async def play() -> list[str | None]:
        clock = Clock()
        async with httpx.AsyncClient() as http:
            units = AgreementsUnits(http, clock, url=AGREEMENTS, organisation=AF)
            found = []
            for code in codes:
                found.append(await units.name_of(code))
                clock.now += timedelta(minutes=minutes)
            return found

    with respx.mock(assert_all_called=False) as router:
        router.get(UNITS).mock(side_effect=answers)
        return asyncio.run(play())


def told(*units: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"on": "2026-11-20", "total": len(units), "items": list(units)})


def test_only_units_of_the_answering_authority_at_which_questions_are_handled_are_known() -> None:
    register = told(unit("af-24"), unit("af-north", "region"), unit("other", owner="5599990008"))

    assert names([register], "af-24", "af-north", "other", "none") == ["Enhet af-24", None, None, None]


def test_it_is_asked_again_after_five_minutes_and_not_before() -> None:
    answers = [told(unit("af-24")), told(unit("af-20"))]

    assert names(answers, "af-24", "af-24", "af-20", minutes=3) == ["Enhet af-24", "Enhet af-24", "Enhet af-20"]


@pytest.mark.parametrize(
    "failure",
    [httpx.Response(503), httpx.Response(200, json={"items": [{}]}), httpx.Response(200, text="<html>")],
    ids=["down", "not units", "not json"],
)
def test_while_it_fails_what_was_told_last_holds_and_before_that_nothing_is_known(failure: httpx.Response) -> None:
    assert names([told(unit("af-24")), failure], "af-24", "af-24", minutes=6) == ["Enhet af-24", "Enhet af-24"]
    with pytest.raises(Problem) as refused:
        names([failure], "af-24")
    assert refused.value.kind.status == 503
