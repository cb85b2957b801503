"""Whether a source with an API of its own is there, and when its circuit opens."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from services.consultation.lookups.sources.domain import Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.rest.probe import RestProbe, source_failed
from shared.clock import system_clock
from shared.transport.protocol import Answer, ConnectFailed, TimedOut, TransportError
from tests.unit.lookups.given import inquiry


@dataclass
class Line:
    """A transport that answers with a status, or fails."""

    status: int = 200
    fault: TransportError | None = None
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def send(
        self,
        method: str,
        url: str,  # noqa: ARG002 - as Transport has it
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float,  # noqa: ARG002 - as Transport has it
        max_answer_bytes: int,  # noqa: ARG002 - as Transport has it
    ) -> Answer:
        """One request."""
        self.sent.append((method, headers, body))
        if self.fault is not None:
            raise self.fault
        return Answer(self.status, {}, b"")


def probe(line: Line) -> RestProbe:
    return RestProbe(SourceCode.AF, line, "http://127.0.0.1/af", system_clock, timeout_seconds=1)


@pytest.mark.parametrize("status", [200, 401, 403, 404, 405])
def test_whoever_answers_below_500_is_there(status: int) -> None:
    answer = asyncio.run(probe(Line(status))())

    assert (answer.reached, answer.code) == (True, None)
    assert answer.sources[SourceCode.AF].called is True


@pytest.mark.parametrize(
    ("line", "code"),
    [(Line(503), "HTTP_503"), (Line(fault=ConnectFailed()), "UNREACHABLE"), (Line(fault=TimedOut()), "TIMEOUT")],
)
def test_whoever_does_not_is_not(line: Line, code: str) -> None:
    answer = asyncio.run(probe(line)())

    assert (answer.reached, answer.code, dict(answer.sources)) == (False, code, {})


def test_a_probe_carries_nothing() -> None:
    line = Line()
    asyncio.run(probe(line)())

    assert line.sent == [("GET", {"accept": "application/json"}, b"")]


@pytest.mark.parametrize(
    ("state", "origin", "code", "counts"),
    [
        (SourceState.ERROR, Origin.LOCAL, "UNREACHABLE", True),
        (SourceState.ERROR, Origin.LOCAL, "TIMEOUT", True),
        (SourceState.ERROR, Origin.BT, "HTTP_503", True),
        (SourceState.ERROR, Origin.BT, "HTTP_404", False),
        (SourceState.ERROR, Origin.LOCAL, "NO_TOKEN", False),
        (SourceState.UNPARSEABLE, None, None, False),
        (SourceState.ANSWERED, None, None, False),
    ],
)
def test_what_opens_a_circuit_is_that_nobody_could_be_asked_there(
    state: SourceState, origin: Origin | None, code: str | None, counts: bool
) -> None:
    answers = {SourceCode.AF: SourceAnswer(SourceCode.AF, state, origin=origin, code=code)}

    assert source_failed(inquiry(), answers) is counts
