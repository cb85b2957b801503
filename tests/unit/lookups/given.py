"""Inquiries, answers and transports for the tests of the look-up adapter."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from services.consultation.lookups.simulator.app import respond
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import Inquiry, Period, SourceAnswer, SourceCode
from services.consultation.lookups.sources.ssbtek.client import SsbtekSource
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, build_request, read_answer
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse
from services.consultation.persons.domain import PersonNumber
from services.consultation.tenants.domain import Asker
from shared.transport.protocol import Answer

AUTUMN = Period(date(2026, 9, 1), date(2026, 11, 30))
ASKED_AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
ASKER = Asker(organisation_number="162120000000", name="Exempelkommun", actor_id="actor-1")
GROUPS = ("FK:AS", "FK:PROG", "PM:AP", "FK:PANV")
MAX_BYTES = 1_000_000


def inquiry(
    name: str = "complete",
    *,
    sources: Mapping[SourceCode, Period] | None = None,
    asker: Asker = ASKER,
    handler: str = "hl01",
    case_reference: str = "EB-2026-000123",
    groups: tuple[str, ...] = GROUPS,
    legal_text: str = "11 kap. 11 a § socialförsäkringsbalken",
) -> Inquiry:
    """An inquiry about one of the simulated persons; all seven sources unless told."""
    return Inquiry(
        person=PersonNumber.parse(PERSONS[name].number),
        case_reference=case_reference,
        handler=handler,
        asker=asker,
        purpose_text="Ekonomiskt bistånd",
        legal_text=legal_text,
        period=AUTUMN,
        sources=dict.fromkeys(SourceCode, AUTUMN) if sources is None else sources,
        correlation_id="00000000-0000-4000-8000-000000000001",
        asked_at=ASKED_AT,
        benefit_groups=groups,
    )


def simulated(
    name: str, *, sources: Mapping[SourceCode, Period] | None = None, version: ContractVersion = V10
) -> bytes:
    """What the simulator answers about a person."""
    request = build_request(inquiry(name, sources=sources), version)
    return bytes(asyncio.run(respond(request, no_sleep, version=version)).body)


async def no_sleep(_seconds: float) -> None:
    """Does not wait."""


def readings(body: bytes) -> dict[SourceCode, Reading]:
    """The reading of every source in an answer."""
    composite = read_answer(body, V10, max_bytes=MAX_BYTES)
    assert isinstance(composite, CompositeAnswer)
    return {code: read_source(V10.readers[code], composite.sources.get(code, []))[0] for code in SourceCode}


def part(inner: str) -> Element:
    """The element of one source whose `data` holds the given XML."""
    return parse(f"<source><data>{inner}</data></source>".encode(), max_bytes=MAX_BYTES)


def encoded(document: str | bytes) -> str:
    """Base64, as CSN and LEFI are wrapped."""
    return b64encode(document.encode() if isinstance(document, str) else document).decode("ascii")


def read(code: SourceCode, inner: str) -> Reading:
    """The reading of one source whose `data` holds the given XML."""
    return read_source(V10.readers[code], [part(inner)])[0]


@dataclass(frozen=True)
class Call:
    """One request that was sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_seconds: float
    max_answer_bytes: int


@dataclass
class FakeTransport:
    """Answers each call with the next outcome: an answer, or an exception to raise."""

    outcomes: Sequence[Answer | Exception]
    calls: list[Call] = field(default_factory=list)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_seconds: float,
        max_answer_bytes: int,
    ) -> Answer:
        """Keep the call and give the next outcome."""
        outcome = self.outcomes[len(self.calls)]
        self.calls.append(Call(method, url, headers, body, timeout_seconds, max_answer_bytes))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def ticking(step: timedelta = timedelta(milliseconds=250)) -> "Ticking":
    """A clock that moves on by one step each time it is read."""
    return Ticking(ASKED_AT, step)


@dataclass
class Ticking:
    """See ticking."""

    now: datetime
    step: timedelta

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def asked(
    transport: FakeTransport,
    question: Inquiry | None = None,
    *,
    max_answer_bytes: int = MAX_BYTES,
    version: ContractVersion = V10,
) -> Mapping[SourceCode, SourceAnswer]:
    """The answers of a client on the transport."""
    source = SsbtekSource(
        transport,
        f"https://ssbtek.example/ssbt/{version.label}",
        version,
        ticking(),
        timeout_seconds=5.0,
        max_answer_bytes=max_answer_bytes,
    )
    return asyncio.run(source.ask(question if question is not None else inquiry()))


def ok(body: bytes, status: int = 200) -> Answer:
    """An answer with the body."""
    return Answer(status, {"content-type": "text/xml"}, body)
