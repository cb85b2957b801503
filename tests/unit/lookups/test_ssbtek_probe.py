"""The probe: what it sends, and how every answer to it is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from services.consultation.lookups.simulator.app import respond
from services.consultation.lookups.sources.domain import Origin, SourceCode
from services.consultation.lookups.sources.probing import ProbeAnswer, ProbedSource
from services.consultation.lookups.sources.ssbtek.envelope import build_probe
from services.consultation.lookups.sources.ssbtek.probe import SsbtekProbe
from services.consultation.lookups.sources.ssbtek.v10 import V10
from shared.transport.certificates import UnusableCertificate
from shared.transport.lending import Lent
from shared.transport.protocol import Answer, AnswerTooLarge, ConnectFailed, HandshakeFailed, TimedOut, TransportError
from tests.unit.lookups.given import ASKED_AT, FakeTransport, no_sleep, ok, simulated, ticking

pytestmark = pytest.mark.requirement(1)

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def probed(*outcomes: Answer | Exception) -> ProbeAnswer:
    transport = FakeTransport(outcomes)

    @asynccontextmanager
    async def lend(reference: str | None) -> AsyncIterator[Lent]:
        if reference is not None:
            raise UnusableCertificate("no file")
        yield Lent(transport, None)

    url = "https://ssbtek.example/ssbt/10"
    answer = asyncio.run(SsbtekProbe(lend, url, V10, ticking(), timeout_seconds=10)())
    assert len(transport.calls) == 1
    assert transport.calls[0].body == build_probe(V10)
    assert transport.calls[0].timeout_seconds == 10
    return answer


def said(inner: str) -> Answer:
    name = f"testaBastjanstInformationResponse xmlns='{V10.namespace}'"
    body = f"<e:Envelope xmlns:e='{_SOAP}'><e:Body><{name}>{inner}</testaBastjanstInformationResponse></e:Body>"
    return ok(f"{body}</e:Envelope>".encode())


def test_the_simulators_answer_is_read_and_a_source_without_a_test_service_is_not_called() -> None:
    answer = asyncio.run(respond(build_probe(V10), no_sleep))

    told = probed(ok(bytes(answer.body)))

    assert (told.reached, told.code, told.took_ms, told.contract_version) == (True, None, 250, "10")
    assert told.asked_at > ASKED_AT
    assert [code for code, each in told.sources.items() if each.called] == [*SourceCode][:-1]
    assert told.sources[SourceCode.MIV] == ProbedSource(called=False)


def test_a_source_in_error_is_told_with_whose_error_it_is_and_what_is_absent_is_not_known() -> None:
    error = "<error><kalla>BT</kalla><felkod>TIMEOUT</felkod><felmeddelande>Svarade inte</felmeddelande></error>"

    told = probed(
        said(
            f"<AF><anropad>true</anropad>{error}</AF><CSN><anropad>0</anropad></CSN><FK><anropad>ja</anropad></FK>"
            "<SO><anropad>1</anropad></SO><SO><anropad>1</anropad></SO><TNS/>"
        )
    )

    assert told.reached
    assert told.sources[SourceCode.AF] == ProbedSource(True, Origin.BT, "TIMEOUT", ("Svarade inte",))
    assert told.sources[SourceCode.CSN] == ProbedSource(called=False)
    for code in (SourceCode.FK, SourceCode.SKV, SourceCode.SO, SourceCode.TNS, SourceCode.MIV):
        assert told.sources[code] == ProbedSource(called=None)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (ConnectFailed(), "UNREACHABLE"),
        (HandshakeFailed(), "CERTIFICATE"),
        (TimedOut(), "TIMEOUT"),
        (AnswerTooLarge(), "TOO_LARGE"),
        (TransportError(), "TRANSPORT"),
        (ok(b"", 503), "HTTP_503"),
        (ok(b"<html/>"), "NOT_SOAP"),
        (ok(b"{}"), "NOT_XML"),
        (ok(simulated("complete")), "NOT_SOAP"),
        (ok(simulated("generic_fault"), 500), "FAULT:Server"),
        (replace(said(""), status=202), "HTTP_202"),
    ],
)
def test_anything_but_its_answer_is_not_reached_and_says_why(outcome: Answer | Exception, code: str) -> None:
    told = probed(outcome)

    assert (told.reached, told.code, told.sources) == (False, code, {})


def test_endless_words_are_cut() -> None:
    error = f"<error><kalla>BT</kalla><felkod>{'T' * 5000}</felkod>{'<felmeddelande>x</felmeddelande>' * 500}</error>"

    told = probed(said(f"<AF>{error}</AF>")).sources[SourceCode.AF]

    assert (told.code, len(told.messages)) == ("T" * 60, 10)
