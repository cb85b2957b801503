"""How sources answered, without what: the part of a look-up that may be stored and carried on."""

from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from shared.http.bodies import WireModel


class SourceOutcomeModel(WireModel):
    """How one source answered, without content."""

    source: SourceCode
    state: SourceState
    origin: Origin | None
    code: str | None
