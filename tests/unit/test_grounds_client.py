"""The client of the agreements service: without a whole decision nothing is permitted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx
from joserfc.jwk import ECKey

from services.consultation.grounds.agreements import AgreementsGrounds
from services.consultation.grounds.domain import Decision, HandlingUnit
from shared.problems import Problem
from shared.tokens.client import ClientIdentity, ServiceTokens

ISSUER = "https://issuer.example"
DECISIONS = "https://agreements.example/agreements/v1/decisions"
ASKED = ("lookup.af", "lookup.so")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def decision(*information_sets: str) -> dict[str, Any]:
    organisation = {
        "organisationNumber": "2120002627",
        "name": "Umeå kommun",
        "kind": "municipality",
        "municipalityCode": "2480",
        "countyCode": "24",
    }
    items = [
        {
            "informationSet": each,
            "permitted": True,
            "reason": None,
            "fields": ["decisions"],
            "verified": True,
            "ground": {"reference": "SFS"},
        }
        for each in information_sets
    ]
    return {
        "decisionId": "4a1c1b7e-0b0f-4a6e-8f56-0f8f8f3a2b11",
        "version": 1,
        "purpose": "financial_aid_application",
        "organisation": organisation,
        "items": items,
        "warnings": [],
    }


def run(story: Callable[[AgreementsGrounds, Time], Awaitable[Any]]) -> Any:
    """Play a story with a client whose outside world is respx."""

    async def play() -> Any:
        time = Time()
        async with httpx.AsyncClient() as http:
            key = ECKey.generate_key("P-256", private=True)
            identity = ClientIdentity("consultation", key, ISSUER, f"{ISSUER}/oauth/token", f"{ISSUER}/oauth/token")
            tokens = ServiceTokens(identity, http, time, resource=f"{ISSUER}/agreements", scopes=("decide",))
            url = "https://agreements.example"
            return await story(AgreementsGrounds(http, tokens, time, url=url, public_url=url), time)

    return asyncio.run(play())


@pytest.fixture
def world() -> Any:
    with respx.mock(assert_all_called=False) as router:
        token = {"access_token": "t", "token_type": "DPoP", "expires_in": 300}
        router.post(f"{ISSUER}/oauth/token").respond(200, json=token)
        yield router


async def ask(grounds: AgreementsGrounds, _: Time) -> Decision:
    return await grounds.decide("0007:2120002627", "financial_aid_application", ASKED)


def test_a_whole_decision_is_read(world: respx.MockRouter) -> None:
    world.post(DECISIONS).respond(200, json=decision(*ASKED))

    found = run(ask)

    assert found.require().municipality_code == "2480"
    assert found.grounds == ["SFS"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=decision("lookup.af")),
        httpx.Response(200, json=decision(*ASKED, "lookup.fk")),
        httpx.Response(200, json={"decisionId": "x"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(500),
        httpx.Response(401, json={"code": "unauthenticated"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("late"),
    ],
    ids=["one set left out", "one set too many", "not whole", "not json", "fault", "refused", "down", "late"],
)
def test_anything_but_a_whole_decision_is_no_decision(world: respx.MockRouter, answer: Any) -> None:
    world.post(DECISIONS).mock(side_effect=[answer])

    with pytest.raises(Problem) as refused:
        run(ask)

    assert (refused.value.kind.code, refused.value.kind.status) == ("unavailable", 503)


def test_without_a_token_nothing_is_asked(world: respx.MockRouter) -> None:
    world.post(f"{ISSUER}/oauth/token").respond(400, json={"error": "invalid_client"})
    asked = world.post(DECISIONS).respond(200, json=decision(*ASKED))

    with pytest.raises(Problem):
        run(ask)

    assert not asked.called


def test_a_decision_is_kept_for_seconds_and_asked_for_once_by_many(world: respx.MockRouter) -> None:
    asked = world.post(DECISIONS).respond(200, json=decision(*ASKED))

    async def story(grounds: AgreementsGrounds, time: Time) -> list[int]:
        counts = []
        for seconds in (0, 4, 6):
            time.now = NOON + timedelta(seconds=seconds)
            await asyncio.gather(*(ask(grounds, time) for _ in range(5)))
            counts.append(asked.call_count)
        return counts

    assert run(story) == [1, 1, 2]


def test_a_decision_is_not_kept_over_midnight_in_sweden(world: respx.MockRouter) -> None:
    asked = world.post(DECISIONS).respond(200, json=decision(*ASKED))

    async def story(grounds: AgreementsGrounds, time: Time) -> list[int]:
        counts = []
        for second in (57, 59, 61):
            time.now = datetime(2026, 11, 20, 22, 59, tzinfo=UTC) + timedelta(seconds=second)
            await ask(grounds, time)
            counts.append(asked.call_count)
        return counts

    assert run(story) == [1, 1, 2]


@pytest.mark.requirement(39)
def test_the_unit_that_handles_is_read_and_a_register_that_tells_none_is_no_fault(world: respx.MockRouter) -> None:
    told = decision("consultation.consultation", "consultation.joint_planning", "lookup.af")
    local = {"unit": "af-24", "unitName": "Enhet Västerbotten", "region": "af-north", "competence": "general"}
    told["items"][0]["handledBy"], told["items"][1]["handledBy"] = local, None
    world.post(DECISIONS).respond(200, json=told)
    sets = [item["informationSet"] for item in told["items"]]

    found = run(lambda grounds, _: grounds.decide("0007:2120002627", "financial_aid_application", sets))

    assert found.handled_by(sets[0]) == HandlingUnit("af-24", "Enhet Västerbotten", "af-north", "general")
    assert [found.handled_by(each) for each in (sets[1], sets[2], "lookup.fk")] == [None, None, None]


def test_a_failure_is_not_kept(world: respx.MockRouter) -> None:
    world.post(DECISIONS).mock(side_effect=[httpx.Response(503), httpx.Response(200, json=decision(*ASKED))])

    async def story(grounds: AgreementsGrounds, time: Time) -> Decision:
        with pytest.raises(Problem):
            await ask(grounds, time)
        return await ask(grounds, time)

    assert run(story).require().name == "Umeå kommun"
