"""The test of the sources, from the probes of the environments that look-ups are sent to."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from services.consultation.lookups.facade.probe import Probed, ProbeError
from services.consultation.lookups.sources.domain import Origin, SourceCode
from services.consultation.lookups.sources.environment import Environment
from services.consultation.lookups.sources.probing import ProbeAnswer, ProbedSource


class EnvironmentsProbe:
    """Implements `Probe` by asking every environment."""

    def __init__(self, environments: Sequence[Environment]) -> None:
        self._environments = environments

    async def look(self, certificate: str | None) -> Mapping[SourceCode, Probed]:
        """See Probe."""
        answers = await asyncio.gather(*(each.probe(certificate) for each in self._environments))
        return {
            code: told
            for environment, answer in zip(self._environments, answers, strict=True)
            for code, told in _told(environment, answer)
        }


def _told(environment: Environment, answer: ProbeAnswer) -> Iterator[tuple[SourceCode, Probed]]:
    unreached = ProbeError(Origin.LOCAL, answer.code or "UNREACHABLE", answer.messages)
    for code in environment.codes:
        if not answer.reached:
            yield code, Probed(called=True, error=unreached)
        elif (found := answer.sources.get(code)) is not None and (told := _probed(found)) is not None:
            yield code, told


def _probed(found: ProbedSource) -> Probed | None:
    """None when nothing readable is known of it."""
    error = None
    if found.origin is not None:
        error = ProbeError(found.origin, found.code or "", found.messages)
    if found.called is None and error is None:
        return None
    return Probed(called=bool(found.called), error=error)
