"""The facade as a case system meets it: a certificate of its own, questions by the contract, answers read back."""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import httpx

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, Fault, read_answer
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.exchange import Exchange

PATH = "/ssbt/10"
PURPOSE_TEXT = "Handläggning av ansökan om ekonomiskt bistånd"
LEGAL_TEXT = "15 kap. 10-12 §§ socialtjänstlagen (2025:400); förordning (2008:975)"
UMEA = "162120002627"
TEXT_XML = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}


def question(
    person: str = "complete",
    *,
    today: date,
    sources: Mapping[str, str] | None = None,
    number: str | None = None,
    organisation: str = UMEA,
    handler: str = "hl-1",
    case: str = "EB-TEST-1",
    period: tuple[date, date] | None = None,
    purpose: str = PURPOSE_TEXT,
    law: str = LEGAL_TEXT,
    echo: str = "false",
    head: str = "",
) -> str:
    """A question as text, about a simulated person, so that attacks can change any of it.

    `sources` are those that are asked, with what stands in each; all seven unless told.
    """
    asked = dict.fromkeys((code.value for code in SourceCode), "") if sources is None else sources
    first, last = period or (today - timedelta(days=90), today)
    specific = "".join(
        f'<q:{code} inkludera="{"true" if code in asked else "false"}">{asked.get(code, "")}</q:{code}>'
        for code in SourceCode
    )
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Body><q:hamtaBastjanstInformation xmlns:q="{V10.namespace}"><q:generellaFrageparametrar>{head}'
        f"<q:fraganSkallInkluderasISvaret>{echo}</q:fraganSkallInkluderasISvaret>"
        f"<q:ingivare><q:organisationsnummer>{organisation}</q:organisationsnummer><q:namn>Umeå kommun</q:namn>"
        f"<q:handlaggare>{handler}</q:handlaggare></q:ingivare>"
        f"<q:personidentitet>{number or PERSONS[person].number}</q:personidentitet>"
        f"<q:arendeidentitet>{case}</q:arendeidentitet>{own_period(first, last)}"
        f"<q:syfte>{purpose}</q:syfte><q:lagtext>{law}</q:lagtext></q:generellaFrageparametrar>"
        f"<q:specifikaFrageparametrar>{specific}</q:specifikaFrageparametrar>"
        "</q:hamtaBastjanstInformation></s:Body></s:Envelope>"
    )


def own_period(first: date, last: date) -> str:
    """A period, general or a source's own."""
    return f"<q:tidsperiod><q:fromDatum>{first}</q:fromDatum><q:tomDatum>{last}</q:tomDatum></q:tidsperiod>"


@dataclass(frozen=True, slots=True)
class FacadeClient:
    """One case system with its certificate."""

    url: str
    http: httpx.Client

    def post(self, body: str | bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A message as it stands."""
        sent = body.encode() if isinstance(body, str) else body
        return self.http.post(self.url, content=sent, headers=dict(TEXT_XML if headers is None else headers))

    def answered(self, body: str) -> CompositeAnswer:
        """What our own reader makes of the answer, which must not be a fault."""
        answer = self.post(body)
        assert answer.status_code == 200, answer.text
        read = read_answer(answer.content, V10, max_bytes=4_000_000)
        assert isinstance(read, CompositeAnswer)
        return read

    def refused(self, body: str | bytes, headers: Mapping[str, str] | None = None) -> Fault:
        """The fault, which must be one."""
        return fault_of(self.post(body, headers))


def fault_of(answer: httpx.Response) -> Fault:
    """The fault of an answer, which must be one."""
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/xml; charset=utf-8"), answer.text
    read = read_answer(answer.content, V10, max_bytes=100_000)
    assert isinstance(read, Fault)
    return read


def facade_context(exchange: Exchange) -> ssl.SSLContext:
    """TLS with the certificate of the demo municipality."""
    folder = exchange.home / "facade"
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.load_cert_chain(folder / "umea.crt", folder / "umea.key")
    return context


@contextmanager
def facade_client(exchange: Exchange) -> Iterator[FacadeClient]:
    """The case system of the demo municipality."""
    with httpx.Client(verify=facade_context(exchange), timeout=30, trust_env=False) as http:
        yield FacadeClient(f"https://127.0.0.1:{exchange.ports['facade']}{PATH}", http)


@contextmanager
def registered(exchange: Exchange, *entries: Mapping[str, object], **changes: object) -> Iterator[None]:
    """The register of clients with these entries while the block lasts, or with the demo municipality's changed."""
    file = exchange.home / "facade" / "clients.json"
    before = file.read_text("utf-8")
    own = json.loads(before)["clients"][0]
    file.write_text(json.dumps({"clients": [*entries] if not changes else [{**own, **changes}]}), "utf-8")
    try:
        yield
    finally:
        file.write_text(before, "utf-8")
