"""Arbetsförmedlingen asked alone, over a REST API with OAuth: from the caller through the gateway to the source."""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from tests.exchange import Exchange, running_exchange
from tests.rest_sources import RestSources, serving_rest_sources

pytestmark = [pytest.mark.requirement(1), pytest.mark.requirement(2)]

SETTING = "SAMRAD_CONSULTATION_REST_SOURCES_FILE"


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestSources]:
    """The simulated REST sources, with AF asked there."""
    home = tmp_path_factory.mktemp("rest")
    with serving_rest_sources(home, SourceCode.AF, timeoutSeconds=2.0) as sources:
        yield sources


@pytest.fixture(scope="module")
def alone(running: Exchange, rest: RestSources) -> Iterator[Exchange]:  # `running` starts first, without the setting
    """A product of its own, whose AF is that source."""
    os.environ[SETTING] = str(rest.settings)
    try:
        with running_exchange() as exchange:
            yield exchange
    finally:
        del os.environ[SETTING]


def af(answer: dict[str, Any]) -> dict[str, Any]:
    """AF among the sources."""
    (found,) = [source for source in answer["sources"] if source["source"] == "AF"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("person", ["complete", "overlapping_decisions", "without_activity_report", "af_deviating"])
def test_af_alone_tells_what_af_tells_in_the_composite_look_up(
    alone: Exchange, exchange: Exchange, rest: RestSources, person: str
) -> None:
    to_ssbtek, to_rest = len(alone.sent_to_sources), len(rest.questions())

    answer = alone.look_up(person, sources=["AF"])
    composite = exchange.look_up(person)

    assert answer.status_code == 200
    told, whole = af(answer.json()), af(composite.json())
    for name in ("state", "data", "items", "parts", "messages", "legalBasis", "askedPeriod", "leftOut"):
        assert told[name] == whole[name], name
    assert answer.json()["complete"] is True
    assert (told["contractVersion"], whole["contractVersion"]) == ("rest-1", "10")
    assert len(alone.sent_to_sources) == to_ssbtek, "AF alone goes nowhere else"
    assert [each.target for each in rest.questions()[to_rest:]] == ["/af/v1/answers"]


def test_beside_the_other_six_af_is_asked_once_and_not_through_ssbtek(alone: Exchange, rest: RestSources) -> None:
    to_rest = len(rest.questions())

    answer = alone.look_up("complete").json()

    assert answer["complete"] is True
    assert {source["contractVersion"] for source in answer["sources"]} == {"rest-1", "10"}
    assert len(rest.questions()) == to_rest + 1
    assert b'AF inkludera="false"' in alone.sent_to_sources[-1]


@pytest.mark.parametrize(
    ("person", "state", "origin", "code"),
    [
        ("nothing_registered", "answered_empty", None, None),
        ("af_other_status", "logical_error", None, "3"),
        ("all_down", "error", "LOCAL", "TIMEOUT"),
        ("service_fault", "error", "BT", "HTTP_503"),
    ],
)
def test_the_states_of_af_are_told_apart(
    alone: Exchange, person: str, state: str, origin: str | None, code: str | None
) -> None:
    answer = alone.look_up(person, sources=["AF"])

    told = af(answer.json())
    assert answer.status_code == 200
    assert (told["state"], told["origin"], told["code"]) == (state, origin, code)
    assert (told["data"] is None) == (state == "error")
    assert answer.json()["complete"] is (state == "answered_empty")


def test_the_sources_own_words_are_told_when_it_has_failed(alone: Exchange) -> None:
    told = af(alone.look_up("generic_fault", sources=["AF"]).json())

    assert told["messages"] == ["Internal Error"]


def test_a_token_is_fetched_once_and_renewed_when_it_is_not_accepted(alone: Exchange, rest: RestSources) -> None:
    alone.look_up("complete", sources=["AF"])
    tokens, questions = rest.token_requests(), len(rest.questions())

    alone.look_up("complete", sources=["AF"])
    assert (rest.token_requests(), len(rest.questions())) == (tokens, questions + 1)

    rest.issuer.revoke_all()
    answer = alone.look_up("complete", sources=["AF"])

    assert af(answer.json())["state"] == "answered"
    # The call with the old token was turned away at its head: its question was never read.
    assert (rest.token_requests(), len(rest.questions())) == (tokens + 1, questions + 2)


def test_the_question_holds_the_person_in_its_body_alone_and_logs_hold_nothing(
    alone: Exchange, rest: RestSources, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        alone.look_up("complete", sources=["AF"])
        alone.look_up("service_fault", sources=["AF"])

    asked = rest.questions()[-2:]
    for person, received in zip(("complete", "service_fault"), asked, strict=True):
        number = PERSONS[person].number
        assert json.loads(received.body)["person"] == number
        assert number not in received.target + received.headers
        assert number not in caplog.text
    assert "Exempelkassan" not in caplog.text
    assert "dpop" in asked[0].headers.lower(), "the token is bound to our key"


def test_protected_identity_at_af_alone_withholds_the_look_up(alone: Exchange) -> None:
    answer = alone.look_up("protected_by_af", sources=["AF"]).json()

    assert (answer["protectedIdentity"], answer["withheld"]) == (True, True)
    assert af(answer)["data"] is None


def test_a_look_up_of_af_alone_is_audited_as_any_other(alone: Exchange) -> None:
    lookup = alone.look_up("complete", sources=["AF"]).json()["lookupId"]

    trail = alone.send("umea", "GET", f"/consultation/v1/audit-entries?objectId={lookup}").json()

    events = {each["event"]: each for each in trail["entries"]}
    assert events["lookup.asked"]["detail"]["sources"] == ["AF"]
    assert "decisions" in events["lookup.disclosed"]["detail"]["fields"]["AF"]
