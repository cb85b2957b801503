"""A guarded source: while its environment fails, nothing is sent to it but one probe at a time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from services.consultation.lookups.sources.breaker import Breaker, BreakerPolicy, CircuitState
from services.consultation.lookups.sources.budget import Budgeted
from services.consultation.lookups.sources.collect import collect
from services.consultation.lookups.sources.domain import Origin, Source, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import all_failed
from services.consultation.lookups.sources.guarded import Guarded, environment_failed
from services.consultation.lookups.sources.probing import ProbeAnswer, RememberedProbe
from tests.unit.lookups.given import ASKER, AUTUMN, inquiry
from tests.unit.lookups.watched import Endless, Fixed, FixedProbe, Hand

pytestmark = pytest.mark.requirement(1)

QUESTION = inquiry()
POLICY = BreakerPolicy(consecutive_failures=3)


def guarded(source: Fixed, probe: FixedProbe, name: str = "unit") -> Guarded:
    return Guarded(name, source, Breaker(POLICY, probe.clock), probe)


async def opened(source: Fixed, probe: FixedProbe, name: str = "unit") -> Guarded:
    guard = guarded(source, probe, name)
    source.fails("UNREACHABLE")
    for _ in range(3):
        await guard.ask(QUESTION)
    assert guard.breaker.state is CircuitState.OPEN
    return guard


def circuit(name: str) -> dict[str, float | None]:
    return {
        state.value: REGISTRY.get_sample_value("samrad_source_circuit", {"environment": name, "state": state.value})
        for state in CircuitState
    }


def test_while_it_is_open_every_asked_source_says_so_at_once_and_nothing_is_sent() -> None:
    source, probe = Fixed(), FixedProbe(Hand())

    async def live() -> None:
        guard = await opened(source, probe)
        answers = await asyncio.gather(*(guard.ask(QUESTION) for _ in range(100)))
        for each in answers:
            assert list(each) == list(SourceCode)
            told = {(answer.state, answer.origin, answer.code, answer.asked_period) for answer in each.values()}
            assert told == {(SourceState.ERROR, Origin.LOCAL, "CIRCUIT_OPEN", AUTUMN)}

    asyncio.run(live())

    assert source.asked == 3
    assert probe.sent == []


def test_a_hundred_who_find_a_probe_due_send_one_and_its_answer_lets_questions_through() -> None:
    source, probe = Fixed(), FixedProbe(Hand())

    async def live() -> None:
        guard = await opened(source, probe)
        probe.clock.wait(15)
        await asyncio.gather(*(guard.probe_when_due() for _ in range(100)), *(guard.ask(QUESTION) for _ in range(100)))
        assert guard.breaker.state is CircuitState.CLOSED
        source.works()
        assert (await guard.ask(QUESTION))[SourceCode.AF].state is SourceState.ANSWERED

    asyncio.run(live())

    assert len(probe.sent) == 1
    assert source.asked == 4


def test_a_probe_shows_a_certificate_that_questions_got_through_with_and_another_when_it_is_refused() -> None:
    source, probe = Fixed(), FixedProbe(Hand(), refuses=frozenset({None, "umea"}))

    async def live() -> CircuitState:
        guard = guarded(source, probe)
        source.fails("TIMEOUT")
        for certificate in ("malmo", "lund", "umea"):
            await guard.ask(inquiry(asker=replace(ASKER, certificate=certificate)))
        for _ in range(2):
            probe.clock.wait(15)
            await guard.probe_when_due()
        return guard.breaker.state

    assert asyncio.run(live()) is CircuitState.CLOSED
    assert [certificate for _, certificate in probe.sent] == ["umea", "lund"]


def test_a_probe_that_is_broken_off_leaves_it_open_and_not_half_open_for_ever() -> None:
    clock = Hand()

    class Silent(FixedProbe):
        async def __call__(self, certificate: str | None = None) -> ProbeAnswer:
            await asyncio.Event().wait()
            return await super().__call__(certificate)

    async def live() -> CircuitState:
        guard = await opened(Fixed(), Silent(clock))
        clock.wait(15)
        task = asyncio.create_task(guard.probe_when_due())
        await asyncio.sleep(0)
        assert guard.breaker.state is CircuitState.HALF_OPEN
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return guard.breaker.state

    assert asyncio.run(live()) is CircuitState.OPEN


def test_the_metric_shows_the_one_state_that_a_circuit_is_in() -> None:
    source, probe = Fixed(), FixedProbe(Hand())

    async def live() -> None:
        guard = guarded(source, probe, "metric")
        assert circuit("metric") == {"closed": 1, "open": 0, "half_open": 0}
        await opened(source, probe, "metric")
        assert circuit("metric") == {"closed": 0, "open": 1, "half_open": 0}
        assert guard.breaker.state is CircuitState.CLOSED

    asyncio.run(live())


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("UNREACHABLE", True),
        ("TIMEOUT", True),
        ("TRANSPORT", True),
        ("HTTP_500", True),
        ("HTTP_503", True),
        ("FAULT:SSBT-1001", True),
        ("FAULT:Server", True),
        ("FAULT:Client", False),
        ("HTTP_404", False),
        ("HTTP_429", False),
        ("TOO_LARGE", False),
        ("NOT_XML", False),
        ("NOT_SOAP", False),
        ("OTHER_CORRELATION", False),
        ("CERTIFICATE", False),
        ("ADAPTER_FAULT", False),
    ],
)
def test_only_what_the_next_question_would_meet_too_is_a_failure_of_the_environment(code: str, counts: bool) -> None:
    assert environment_failed(QUESTION, all_failed(QUESTION, code)) is counts


def test_a_connection_broken_under_a_tenants_own_certificate_says_nothing_of_the_environment() -> None:
    own = inquiry(asker=replace(ASKER, certificate="umea"))

    assert not environment_failed(own, all_failed(own, "TRANSPORT"))
    assert environment_failed(own, all_failed(own, "TIMEOUT"))


@pytest.mark.parametrize("origin", [Origin.BT, Origin.SSBT])
def test_sources_that_fail_by_themselves_are_no_failure_of_the_environment(origin: Origin) -> None:
    answers = {code: SourceAnswer(code, SourceState.ERROR, origin=origin, code="TIMEOUT") for code in SourceCode}

    assert not environment_failed(QUESTION, answers)


def test_one_source_that_was_read_shows_that_the_environment_is_there() -> None:
    answers = {**all_failed(QUESTION, "TIMEOUT"), SourceCode.AF: SourceAnswer(SourceCode.AF, SourceState.ANSWERED)}

    assert not environment_failed(QUESTION, answers)


def test_an_adapter_that_is_late_costs_its_own_sources_and_the_breaker_sees_it() -> None:
    clock = Hand()
    breaker = Breaker(BreakerPolicy(consecutive_failures=1), clock)
    late = Guarded("late", Budgeted(Endless(), 0.01), breaker, FixedProbe(clock))
    beside = Fixed()
    sources: dict[SourceCode, Source] = {**dict.fromkeys(SourceCode, beside), SourceCode.FK: late}

    answers = asyncio.run(collect(sources, QUESTION, budget_seconds=30))

    by_code = {each.source: each for each in answers}
    fk = by_code.pop(SourceCode.FK)
    assert (fk.state, fk.origin, fk.code, fk.took_ms) == (SourceState.ERROR, Origin.LOCAL, "TIMEOUT", 10)
    assert {each.state for each in by_code.values()} == {SourceState.ANSWERED}
    assert breaker.state is CircuitState.OPEN


def test_the_whole_look_up_is_bounded_whatever_budgets_the_adapters_have() -> None:
    sources: dict[SourceCode, Source] = {**dict.fromkeys(SourceCode, Fixed()), SourceCode.SO: Budgeted(Endless(), 3600)}

    answers = asyncio.run(collect(sources, QUESTION, budget_seconds=0.05))

    assert {each.source: each.code for each in answers if each.code} == {SourceCode.SO: "TIMEOUT"}


def test_a_remembered_probe_is_sent_once_for_many_and_anew_when_it_is_old_or_for_another_certificate() -> None:
    probe = FixedProbe(Hand())
    remembered = RememberedProbe(probe, probe.clock, keep=timedelta(seconds=10))

    async def live() -> None:
        await asyncio.gather(*(remembered() for _ in range(100)))
        assert len(probe.sent) == 1
        await remembered("umea")
        assert [each[1] for each in probe.sent] == [None, "umea"]
        probe.clock.wait(9.9)
        await remembered()
        assert len(probe.sent) == 2
        probe.clock.wait(0.1)
        await remembered()
        assert len(probe.sent) == 3
        probe.clock.wait(-60)
        await remembered()

    asyncio.run(live())

    assert len(probe.sent) == 4
