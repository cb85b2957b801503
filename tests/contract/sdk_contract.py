"""What every adapter of SDK does, as tests to inherit: a subclass says how its access point is filled and read."""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.consultation.channels.sdk.port import IncomingMessage, OutgoingAnswer, SdkPort, SdkUnavailable

NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)


def message(number: int) -> IncomingMessage:
    return IncomingMessage(f"m-{number}", "2120002627", NOON + timedelta(minutes=number), {"question": "HEMLIG"})


def answer() -> OutgoingAnswer:
    return OutgoingAnswer(uuid.uuid4(), "2120002627", "m-1", "HEMLIG")


class SdkContract(ABC):
    """`make_port` gives a new adapter on an access point of its own."""

    @abstractmethod
    def make_port(self) -> SdkPort:
        """An adapter."""

    @abstractmethod
    def fill(self, port: SdkPort, messages: Sequence[IncomingMessage]) -> None:
        """The messages come to its access point."""

    @abstractmethod
    def sent(self, port: SdkPort) -> Sequence[OutgoingAnswer]:
        """What its access point has sent."""

    @abstractmethod
    def break_off(self, port: SdkPort) -> None:
        """From now on the access point can't be reached."""

    def test_what_waits_is_told_oldest_first_and_again_until_it_is_taken(self) -> None:
        port = self.make_port()
        self.fill(port, [message(2), message(1), message(3)])

        async def told() -> list[list[str]]:
            first, again = [await port.waiting(2) for _ in range(2)]
            await port.taken("m-1")
            await port.taken("m-1")
            return [[each.id for each in found] for found in (first, again, await port.waiting(9))]

        assert asyncio.run(told()) == [["m-1", "m-2"], ["m-1", "m-2"], ["m-2", "m-3"]]

    def test_an_answer_is_sent_once_however_often_it_is_handed_over(self) -> None:
        port, given = self.make_port(), answer()

        async def send() -> None:
            await port.send(given)
            await port.send(given)

        asyncio.run(send())
        assert list(self.sent(port)) == [given]

    def test_what_could_not_be_sent_has_not_been(self) -> None:
        port = self.make_port()
        self.break_off(port)

        with pytest.raises(SdkUnavailable):
            asyncio.run(port.send(answer()))
        assert list(self.sent(port)) == []
