"""How the sources are, over HTTP: asked now without any person, and counted from the look-ups that were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.context import context_of
from services.consultation.lookups import source_examples
from services.consultation.lookups.sources.breaker import Breaker, CircuitState
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.sources.environment import Environment
from services.consultation.lookups.sources.health import WINDOW, Health, SourceHealth
from services.consultation.lookups.sources.probing import ProbeAnswer, ProbedSource
from services.consultation.tenants.repository import certificate_of
from services.consultation.wire import Instant
from shared.database.engine import Tenancy
from shared.http.bodies import WireModel
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["sources"])

_NOTHING = ProbedSource()


@dataclass(frozen=True, slots=True)
class Watching:
    """What these routes are handed: the environments that look-ups go to, and what has been seen of them."""

    environments: Sequence[Environment]
    health: SourceHealth


class CircuitModel(WireModel):
    """Whether questions are let through, and since when. While it is not closed only probes are sent."""

    state: CircuitState
    since: Instant


class CertificateModel(WireModel):
    """The certificate that was shown to the environment."""

    subject: str
    expires: Instant


class ProbedSourceModel(WireModel):
    """What the environment says of one source. `called` false is no outage; null is not known."""

    source: SourceCode
    called: bool | None
    origin: Origin | None
    code: str | None
    messages: list[str]


class ProbedEnvironmentModel(WireModel):
    """One environment. `code` tells why it was not reached, as in a look-up."""

    environment: str
    contract_version: str | None
    asked_at: Instant
    took_ms: int
    reached: bool
    code: str | None
    messages: list[str]
    certificate: CertificateModel | None
    circuit: CircuitModel
    sources: list[ProbedSourceModel]


class SourceProbe(WireModel):
    """Every environment, asked now or within the latest ten seconds."""

    environments: list[ProbedEnvironmentModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class OutcomeCountModel(WireModel):
    """How many times a source answered so."""

    state: SourceState
    origin: Origin | None
    number: int


class SourceHealthModel(WireModel):
    """One source over the window. Shares and percentiles are null when it was not asked."""

    source: SourceCode
    environment: str
    circuit: CircuitModel
    calls: int
    success_share: Annotated[
        float | None, Field(description="0-1: read, in full or in part, or answered that it cannot / andel besvarade")
    ]
    p50_ms: int | None
    p95_ms: int | None
    not_sent: Annotated[int, Field(description="Named in look-ups but never sent / Aldrig skickade")]
    outcomes: list[OutcomeCountModel]


class SourceHealthList(WireModel):
    """Every source, as the process that answers has met it."""

    as_of: Instant
    window_seconds: int
    sources: list[SourceHealthModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


@router.get(
    "/source-probe",
    response_model=SourceProbe,
    responses={200: {"content": {"application/json": {"example": source_examples.PROBE}}}},
    summary="Try the connection to the sources / Prova anslutningen till källorna",
)
async def get_source_probe(
    request: Request, caller: Annotated[Caller, Depends(Requires(scopes.SOURCES_READ))]
) -> Response:
    """Ask each environment, with the organisation's own certificate when it has one, whether it is there. No personal
    data is sent. The answer is told again for ten seconds.

    Frågar varje anslutning om den är framme. Inga personuppgifter skickas. Svaret återanvänds i tio sekunder.
    """
    context, watching = context_of(request), _watching(request)
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        certificate = await certificate_of(connection, caller.organisation)
    answers = [(each, await each.probe(certificate)) for each in watching.environments]
    told = SourceProbe(
        environments=[_probed(each, answer) for each, answer in answers],
        links={"self": {"href": f"{context.base_url}/source-probe"}},
    )
    return context.json(told)


@router.get(
    "/source-health",
    response_model=SourceHealthList,
    responses={200: {"content": {"application/json": {"example": source_examples.HEALTH}}}},
    summary="How the sources have been / Hur källorna har mått",
)
async def get_source_health(request: Request, _: Annotated[Caller, Depends(Requires(scopes.SOURCES_READ))]) -> Response:
    """Success share and percentiles by source, from all look-ups of the latest quarter of an hour.

    Andel besvarade och svarstider per källa, från den senaste kvartens alla slagningar.
    """
    context, watching = context_of(request), _watching(request)
    by_source = {code: each for each in watching.environments for code in each.codes}
    told = SourceHealthList(
        as_of=context.clock(),
        window_seconds=int(WINDOW.total_seconds()),
        sources=[_health(seen, by_source[seen.source]) for seen in watching.health.now() if seen.source in by_source],
        links={"self": {"href": f"{context.base_url}/source-health"}},
    )
    return context.json(told)


def _watching(request: Request) -> Watching:
    return cast(Watching, request.app.state.watching)


def _probed(environment: Environment, answer: ProbeAnswer) -> ProbedEnvironmentModel:
    shown = None
    if answer.certificate_subject is not None and answer.certificate_expires is not None:
        shown = CertificateModel(subject=answer.certificate_subject, expires=answer.certificate_expires)
    return ProbedEnvironmentModel(
        environment=environment.name,
        contract_version=answer.contract_version,
        asked_at=answer.asked_at,
        took_ms=answer.took_ms,
        reached=answer.reached,
        code=answer.code,
        messages=list(answer.messages),
        certificate=shown,
        circuit=_circuit(environment.guard.breaker),
        sources=[_probed_source(code, answer.sources.get(code, _NOTHING)) for code in environment.codes],
    )


def _probed_source(code: SourceCode, said: ProbedSource) -> ProbedSourceModel:
    return ProbedSourceModel(
        source=code, called=said.called, origin=said.origin, code=said.code, messages=list(said.messages)
    )


def _health(seen: Health, environment: Environment) -> SourceHealthModel:
    return SourceHealthModel(
        source=seen.source,
        environment=environment.name,
        circuit=_circuit(environment.guard.breaker),
        calls=seen.calls,
        success_share=None if seen.success_share is None else round(seen.success_share, 4),
        p50_ms=seen.p50_ms,
        p95_ms=seen.p95_ms,
        not_sent=seen.not_sent,
        outcomes=[
            OutcomeCountModel(state=state, origin=origin, number=number)
            for (state, origin), number in sorted(seen.outcomes.items(), key=lambda each: -each[1])
        ],
    )


def _circuit(breaker: Breaker) -> CircuitModel:
    return CircuitModel(state=breaker.state, since=breaker.since)
