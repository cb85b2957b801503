"""Whether a source of its own is there. It carries no personal data, and no token."""

from collections.abc import Mapping

from services.consultation.lookups.sources.domain import Inquiry, Origin, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import HTTP_PREFIX, code_of
from services.consultation.lookups.sources.guarded import environment_failed
from services.consultation.lookups.sources.probing import ProbeAnswer, ProbedSource
from services.consultation.lookups.sources.rest.source import CONTRACT_VERSION
from shared.clock import Clock
from shared.transport.protocol import Transport, TransportError

_MAX_BYTES = 100_000


class RestProbe:
    """Implements `Probe`: a GET of the address that questions are posted to.

    Somebody is there who answers it with anything below 500: 401 or 405 is what most will say.
    """

    def __init__(
        self, code: SourceCode, transport: Transport, url: str, clock: Clock, *, timeout_seconds: float
    ) -> None:
        self._code = code
        self._transport = transport
        self._url = url
        self._clock = clock
        self._timeout_seconds = timeout_seconds

    async def __call__(self, certificate: str | None = None) -> ProbeAnswer:  # noqa: ARG002 - as Probe has it
        """See Probe. Certificates are of no use here: the source knows us by tokens."""
        asked_at = self._clock()
        code = await self._fault()
        took_ms = max(0, round((self._clock() - asked_at).total_seconds() * 1000))
        sources = {self._code: ProbedSource(called=True)} if code is None else {}
        return ProbeAnswer(asked_at, took_ms, CONTRACT_VERSION, code is None, code, sources=sources)

    async def _fault(self) -> str | None:
        try:
            answer = await self._transport.send(
                "GET",
                self._url,
                headers={"accept": "application/json"},
                body=b"",
                timeout_seconds=self._timeout_seconds,
                max_answer_bytes=_MAX_BYTES,
            )
        except TransportError as error:
            return code_of(error)
        return None if answer.status < 500 else f"{HTTP_PREFIX}{answer.status}"


def source_failed(inquiry: Inquiry, answers: Mapping[SourceCode, SourceAnswer]) -> bool:
    """As `environment_failed`; besides, the source's own 5xx counts here: behind its API there is nobody else."""
    return environment_failed(inquiry, answers) or (
        bool(answers) and all(_is_their_fault(each) for each in answers.values())
    )


def _is_their_fault(answer: SourceAnswer) -> bool:
    own = answer.state is SourceState.ERROR and answer.origin is Origin.BT
    return own and (answer.code or "").startswith(f"{HTTP_PREFIX}5")
