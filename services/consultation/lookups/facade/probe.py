"""Whether the sources can be reached, for the operation of the contract that tests them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from services.consultation.lookups.sources.domain import Origin, SourceCode


@dataclass(frozen=True, slots=True)
class ProbeError:
    """What went wrong when a source was tested."""

    origin: Origin
    code: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Probed:
    """What is known of one source. Not `called` is no outage: it has no test, or none was made."""

    called: bool
    error: ProbeError | None = None


class Probe(Protocol):
    """Tests the sources without a person. A source that is left out is unknown."""

    async def look(self, certificate: str | None) -> Mapping[SourceCode, Probed]:
        """What is known now, by the certificate of that reference; None is the deployment's.

        Never raises for anything that the outside world did.
        """
        ...
