"""Tokens of one organisation that acts for another: what is read of them, and what is remembered of the answer."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.problems import UNAVAILABLE, Problem
from shared.tokens.acting import REMEMBERED_SECONDS, Acting, ActingCheck, RememberedCheck
from shared.tokens.caller import Caller, Gatekeeper
from shared.tokens.jose import InvalidToken
from shared.tokens.replay import InProcessReplayStore
from shared.tokens.verifier import ORGANISATION_CLAIM
from tests.unit.shared import given as g
from tests.unit.shared.test_callers import CREATE, OTHER, bound, request

DELEGATION = uuid.UUID("6d0f8a54-7a3e-4f0c-9b1d-2f6c1f0e7a21")
ACTING = Acting("0007:5599990008", DELEGATION)
UMEA, MALMO = "0007:2120002627", "0007:2120001124"
LOOK, READ = frozenset(("look",)), frozenset(("read",))


def act(**changes: Any) -> dict[str, Any]:
    """A claim that holds; `...` leaves one member out."""
    whole = {"sub": "umea", ORGANISATION_CLAIM: "5599990008", "delegation": str(DELEGATION), **changes}
    return {name: value for name, value in whole.items() if value is not ...}


class Register:
    """Says what it is told to, to whoever asks, and counts."""

    def __init__(self, answer: bool | Problem = True) -> None:
        self.answer = answer
        self.asked: list[tuple[Acting, str, frozenset[str]]] = []

    async def still_allowed(self, acting: Acting, on_behalf_of: str, scopes: frozenset[str]) -> bool:
        self.asked.append((acting, on_behalf_of, scopes))
        await asyncio.sleep(0)
        if isinstance(self.answer, Problem):
            raise self.answer
        return self.answer


class Time:
    def __init__(self) -> None:
        self.now = g.NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_token_without_the_claim_is_of_one_who_acts_for_itself() -> None:
    told = g.verified(g.token())

    assert told.acting is None
    assert told.client_organisation == told.organisation == UMEA


def test_a_token_with_the_claim_tells_whose_rights_they_are_and_who_uses_them() -> None:
    told = g.verified(g.token(act=act()))

    assert (told.organisation, told.acting) == (UMEA, ACTING)
    assert told.client_organisation == "0007:5599990008"


@pytest.mark.parametrize(
    "claim",
    [
        None,
        True,
        "casesystem",
        [act()],
        {},
        act(sub=...),
        act(sub="malmo"),
        act(sub=["umea"]),
        act(delegation=...),
        act(delegation=""),
        act(delegation="1"),
        act(delegation=7),
        act(**{ORGANISATION_CLAIM: ...}),
        act(**{ORGANISATION_CLAIM: "5599990009"}),
        act(**{ORGANISATION_CLAIM: "2120002627"}),
        act(**{ORGANISATION_CLAIM: "212000-2627"}),
        act(act=act()),
        act(act=None),
    ],
)
def test_a_claim_that_is_not_understood_in_full_is_not_read_as_none(claim: Any) -> None:
    with pytest.raises(InvalidToken):
        g.verified(g.token(act=claim))


def admitted(register: ActingCheck | None, **claims: Any) -> Caller:
    gatekeeper = Gatekeeper(
        g.verifier(),
        InProcessReplayStore(),
        lambda: g.NOW,
        public_url="https://samrad.example",
        actor_header="Samrad-Handler",
        acting=register,
    )
    scope = claims.pop("needed", CREATE)
    return g.run(gatekeeper.admit(request(*bound(g.token(act=act(), **claims))), scope, actor_required=False))


def test_the_register_is_asked_about_all_the_scopes_of_the_token() -> None:
    register = Register()

    caller = admitted(register)

    assert (caller.organisation, caller.acting) == (UMEA, ACTING)
    assert register.asked == [(ACTING, UMEA, frozenset(("samrad:lookups.create", "samrad:lookups.read")))]


@pytest.mark.parametrize(
    ("register", "status", "code"),
    [
        (None, 401, "unauthenticated"),
        (Register(answer=False), 403, "delegation_ended"),
        (Register(answer=Problem(UNAVAILABLE)), 503, "unavailable"),
    ],
)
@pytest.mark.parametrize("needed", [CREATE, OTHER])
def test_without_a_yes_nothing_is_let_through_whatever_is_asked(
    register: ActingCheck | None, status: int, code: str, needed: Any
) -> None:
    with pytest.raises(Problem) as refused:
        admitted(register, needed=needed)

    assert (refused.value.kind.status, refused.value.kind.code) == (status, code)


def remembering(register: Register, story: Callable[[RememberedCheck, Time], Awaitable[Any]]) -> Any:
    async def play() -> Any:
        time = Time()
        return await story(RememberedCheck(register, time), time)

    return asyncio.run(play())


@pytest.mark.parametrize("answer", [True, False])
def test_an_answer_is_remembered_for_half_a_minute_and_no_longer(answer: bool) -> None:
    register = Register(answer)

    async def story(check: RememberedCheck, time: Time) -> None:
        for seconds, asked in ((0, 1), (REMEMBERED_SECONDS - 0.001, 1), (REMEMBERED_SECONDS, 2)):
            time.now = g.NOW + timedelta(seconds=seconds)
            assert await check.still_allowed(ACTING, UMEA, LOOK) is answer
            assert len(register.asked) == asked
        register.answer = not answer
        time.now += timedelta(seconds=60)
        assert await check.still_allowed(ACTING, UMEA, LOOK) is not answer

    remembering(register, story)


def test_an_answer_is_for_the_very_question_that_was_asked() -> None:
    register = Register()
    questions = [
        (ACTING, UMEA, LOOK),
        (ACTING, UMEA, READ),
        (ACTING, UMEA, LOOK | READ),
        (ACTING, MALMO, LOOK),
        (Acting("0007:5599990016", DELEGATION), UMEA, LOOK),
        (Acting("0007:5599990008", uuid.UUID(int=1)), UMEA, LOOK),
    ]

    async def story(check: RememberedCheck, _: Time) -> None:
        for question in questions * 2:
            assert await check.still_allowed(*question)

    remembering(register, story)

    assert register.asked == questions


def test_a_failure_is_not_remembered() -> None:
    register = Register(Problem(UNAVAILABLE))

    async def story(check: RememberedCheck, _: Time) -> bool:
        with pytest.raises(Problem):
            await check.still_allowed(ACTING, UMEA, LOOK)
        register.answer = True
        return await check.still_allowed(ACTING, UMEA, LOOK)

    assert remembering(register, story) is True


def test_a_yes_from_before_the_register_broke_serves_its_half_minute_and_no_longer() -> None:
    register = Register()

    async def story(check: RememberedCheck, time: Time) -> None:
        assert await check.still_allowed(ACTING, UMEA, LOOK)
        register.answer = Problem(UNAVAILABLE)
        assert await check.still_allowed(ACTING, UMEA, LOOK)
        time.now += timedelta(seconds=REMEMBERED_SECONDS)
        with pytest.raises(Problem):
            await check.still_allowed(ACTING, UMEA, LOOK)

    remembering(register, story)


def test_an_answer_from_the_future_is_not_believed() -> None:
    register = Register()

    async def story(check: RememberedCheck, time: Time) -> None:
        await check.still_allowed(ACTING, UMEA, LOOK)
        time.now -= timedelta(hours=1)
        await check.still_allowed(ACTING, UMEA, LOOK)

    remembering(register, story)

    assert len(register.asked) == 2


def test_an_answer_is_as_old_as_its_question() -> None:
    class Slow(Register):
        async def still_allowed(self, acting: Acting, on_behalf_of: str, scopes: frozenset[str]) -> bool:
            time.now += timedelta(seconds=20)
            return await super().still_allowed(acting, on_behalf_of, scopes)

    register, time = Slow(), Time()

    async def story(check: RememberedCheck) -> None:
        await check.still_allowed(ACTING, UMEA, LOOK)
        time.now += timedelta(seconds=REMEMBERED_SECONDS - 20)
        await check.still_allowed(ACTING, UMEA, LOOK)

    asyncio.run(story(RememberedCheck(register, time)))

    assert len(register.asked) == 2


def test_many_who_ask_at_once_are_one_question() -> None:
    register = Register()

    async def story(check: RememberedCheck, _: Time) -> list[bool]:
        return await asyncio.gather(*(check.still_allowed(ACTING, UMEA, LOOK) for _ in range(20)))

    assert remembering(register, story) == [True] * 20
    assert len(register.asked) == 1


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.tokens.acting._CAPACITY", 10)

    async def story(check: RememberedCheck, _: Time) -> int:
        for number in range(100):
            await check.still_allowed(Acting("0007:5599990008", uuid.UUID(int=number)), UMEA, LOOK)
        return len(check._known)

    assert remembering(Register(), story) == 10
