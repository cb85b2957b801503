"""What a source is asked and what it can have answered.

The contract behind the seven sources is SSBTEK's; nothing here depends on its version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from services.consultation.persons.domain import PersonNumber
from services.consultation.tenants.domain import Asker


class SourceCode(StrEnum):
    """The seven sources, in the order of the contract."""

    AF = "AF"
    CSN = "CSN"
    FK = "FK"
    SKV = "SKV"
    SO = "SO"
    TNS = "TNS"
    MIV = "MIV"


class SourceState(StrEnum):
    """What is known of one source after a look-up. `error` counts twice: its origin tells whose it was.

    Only `answered` and `answered_empty` support a decision.
    """

    NOT_ASKED = "not_asked"
    ANSWERED = "answered"
    ANSWERED_EMPTY = "answered_empty"
    PARTIAL = "partial"
    ERROR = "error"
    LOGICAL_ERROR = "logical_error"
    MISSING = "missing"
    UNPARSEABLE = "unparseable"

    @property
    def supports_decision(self) -> bool:
        """Whether the source was read in full, with content or proven empty."""
        return self in (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY)


class Origin(StrEnum):
    """Who reported an error: the source (BT), the composite service (SSBT), or we when neither answered."""

    BT = "BT"
    SSBT = "SSBT"
    LOCAL = "LOCAL"


@dataclass(frozen=True, slots=True)
class Period:
    """From and including `first` to and including `last`."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question about one person, complete: nothing in it is filled in by an adapter.

    `sources` maps each asked source to the period asked for. `benefit_groups` names FK's information
    groups for the LEFI question. `case_reference` is at most 31 characters.
    """

    person: PersonNumber
    case_reference: str
    handler: str
    asker: Asker
    purpose_text: str
    legal_text: str
    period: Period
    sources: Mapping[SourceCode, Period]
    correlation_id: str
    asked_at: datetime
    benefit_groups: tuple[str, ...] = ()

    def put_to(self, sources: Mapping[SourceCode, Period]) -> "Inquiry":
        """The same question to these sources. Written out: `replace` takes twice as long, seven times a look-up."""
        return Inquiry(
            self.person,
            self.case_reference,
            self.handler,
            self.asker,
            self.purpose_text,
            self.legal_text,
            self.period,
            sources,
            self.correlation_id,
            self.asked_at,
            self.benefit_groups,
        )


@dataclass(frozen=True, slots=True)
class SourcePart:
    """How one part of a source answered, where a source has parts: a supplier of LEFI, a fund, a part of SKV's answer.

    `name` is the source's own code or name for the part. Its content lies in the `data` of the whole answer.
    """

    name: str
    state: SourceState
    origin: Origin | None = None
    code: str | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """What one source answered, or why it is not known.

    `messages` are the source's own words, `deviations` what its answer did otherwise than its contract,
    `items` the names of the pieces of information received, `data` the content in plain JSON types with
    camelCase keys: money as decimal strings, dates as ISO strings, lists never null.
    `parts` tell how each part of a source with parts answered.
    `protected` tells that the source marked the person as having protected identity. `left_out` names the pieces
    that the purpose does not open.
    """

    source: SourceCode
    state: SourceState
    asked_period: Period | None = None
    answered_at: datetime | None = None
    took_ms: int | None = None
    contract_version: str | None = None
    origin: Origin | None = None
    code: str | None = None
    messages: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    parts: tuple[SourcePart, ...] = field(default=(), repr=False)
    protected: bool = False
    left_out: tuple[str, ...] = ()
    data: Mapping[str, Any] | None = field(default=None, repr=False)


class Source(Protocol):
    """Answers for one or several source codes. Never raises for anything that the outside world did."""

    async def ask(self, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
        """Answer every code in `inquiry.sources`."""
        ...
