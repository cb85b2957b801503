"""The port of SDK: the contract that adapters are held to, the null adapter, and what a message becomes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.consultation.channels.sdk.port import (
    IncomingMessage,
    NotARegistration,
    NullSdk,
    OutgoingAnswer,
    SdkPort,
    SdkUnavailable,
    as_registration,
)
from services.consultation.lookups.simulator.persons import PERSONS
from tests.contract.sdk_contract import SdkContract, answer, message


class InMemorySdk:
    """An access point in memory: the contract can be kept."""

    def __init__(self) -> None:
        self.messages: dict[str, IncomingMessage] = {}
        self.answers: dict[str, OutgoingAnswer] = {}
        self.reachable = True

    async def waiting(self, most: int) -> Sequence[IncomingMessage]:
        return sorted(self.messages.values(), key=lambda each: each.received_at)[:most]

    async def taken(self, message_id: str) -> None:
        self.messages.pop(message_id, None)

    async def send(self, answer: OutgoingAnswer) -> None:
        if not self.reachable:
            raise SdkUnavailable
        self.answers.setdefault(str(answer.id), answer)


class TestInMemorySdk(SdkContract):
    """The contract itself is held to an adapter that keeps it."""

    def make_port(self) -> SdkPort:
        return InMemorySdk()

    def fill(self, port: SdkPort, messages: Sequence[IncomingMessage]) -> None:
        assert isinstance(port, InMemorySdk)
        port.messages |= {each.id: each for each in messages}

    def sent(self, port: SdkPort) -> Sequence[OutgoingAnswer]:
        assert isinstance(port, InMemorySdk)
        return list(port.answers.values())

    def break_off(self, port: SdkPort) -> None:
        assert isinstance(port, InMemorySdk)
        port.reachable = False


async def _nothing(port: SdkPort) -> None:
    assert list(await port.waiting(10)) == []
    await port.taken("m-1")
    with pytest.raises(SdkUnavailable):
        await port.send(answer())


def test_without_an_access_point_nothing_comes_and_nothing_is_said_to_be_sent() -> None:
    asyncio.run(_nothing(NullSdk()))


STATED = {
    "type": "information_request",
    "purpose": "financial_aid_application",
    "caseReference": "EB-2026-SDK",
    "person": PERSONS["complete"].number,
    "question": "Är personen kvar i programmet?",
    "details": {"type": "information_request", "informationSets": ["programme"]},
}


def test_a_message_becomes_a_registration_by_its_channel_from_whom_and_when_its_access_point_says() -> None:
    given = replace(message(1), content={**STATED, "askingOrganisation": "2120001124", "answer": {"text": "Ja."}})

    made = as_registration(given)

    assert (made.channel, made.asking_organisation, made.happened_at) == ("sdk", "2120002627", given.received_at)
    assert (made.minutes, made.answer, made.case_reference) == (0, None, "EB-2026-SDK")


@pytest.mark.parametrize("content", [{}, {**STATED, "person": 1}, {**STATED, "assignedTo": "af-9"}])
def test_what_is_no_registration_is_left_to_a_person_and_not_repeated(content: dict[str, object]) -> None:
    with pytest.raises(NotARegistration) as refused:
        as_registration(replace(message(1), content=content))

    assert PERSONS["complete"].number not in str(refused.value)
    assert "HEMLIG" not in f"{message(1)} {answer()}"
