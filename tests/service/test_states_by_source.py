"""Every state for every source, from SOAP bytes at the source's end to JSON at the caller's."""

from typing import Any

import pytest

from services.consultation.lookups.simulator.states import CASES, Case, Known
from services.consultation.lookups.sources.domain import SourceCode
from tests.exchange import Exchange

pytestmark = pytest.mark.requirement(1)

_LOCAL = [case for case in CASES if case.known is Known.ERROR_LOCAL]
_ANSWERED = [case for case in CASES if case not in _LOCAL]


def known(answer: dict[str, Any], source: SourceCode) -> dict[str, Any]:
    (told,) = (each for each in answer["sources"] if each["source"] == source)
    assert isinstance(told, dict)
    return told


def check(told: dict[str, Any], seen: Known) -> None:
    """What holds of a source in the state, whichever it is."""
    assert (told["state"], told["origin"]) == (seen.state.value, seen.origin and seen.origin.value)
    if seen in (Known.ANSWERED, Known.ANSWERED_EMPTY, Known.PARTIAL):
        assert told["data"] is not None
    elif seen is not Known.LOGICAL_ERROR:
        assert (told["data"], told["items"]) == (None, [])
    if seen in (Known.ANSWERED, Known.PARTIAL):
        assert told["items"]
    assert (told["askedPeriod"] is None) is (seen is Known.NOT_ASKED)
    if seen.origin is not None or seen is Known.LOGICAL_ERROR:
        assert told["code"]
    if seen in (Known.PARTIAL, Known.UNPARSEABLE):
        assert told["deviations"] or told["messages"]


@pytest.mark.parametrize("case", _ANSWERED, ids=lambda case: f"{case.source}-{case.known}")
def test_the_state_of_a_source_is_told_and_no_other_source_is_touched(exchange: Exchange, case: Case) -> None:
    asked = [code for code in SourceCode if case.known is not Known.NOT_ASKED or code is not case.source]

    answer = exchange.look_up(case.person, sources=[code.value for code in asked])

    assert answer.status_code == 200
    told = answer.json()
    check(known(told, case.source), case.seen)
    others = {each["state"] for each in told["sources"] if each["source"] != case.source}
    assert others == {"answered"}
    assert told["complete"] is (case.seen in (Known.NOT_ASKED, Known.ANSWERED, Known.ANSWERED_EMPTY))


@pytest.fixture(scope="module")
def while_down(running: Exchange) -> dict[str, Any]:
    """One look-up at all seven while the composite service is down."""
    running.clock.back_to_now()
    switch = f"{running.simulator_url}/outage"
    assert running.http.post(switch, json={"state": "down"}).status_code == 200
    try:
        answer = running.look_up("complete")
    finally:
        running.http.post(switch, json={"state": "up"})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("case", _LOCAL, ids=lambda case: case.source.value)
def test_when_the_composite_service_is_down_every_source_is_in_error_at_our_end(
    while_down: dict[str, Any], case: Case
) -> None:
    check(known(while_down, case.source), case.seen)
    assert while_down["complete"] is False


def test_every_source_has_a_case_for_every_state() -> None:
    assert {(case.source, case.known) for case in CASES} == {(code, state) for code in SourceCode for state in Known}
    assert all(bool(case.instead) is bool(case.why) for case in CASES)
