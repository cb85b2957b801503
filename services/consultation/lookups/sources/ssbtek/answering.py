"""From the reading of one source to the answer that is told: about the right person, at a length that can be stored."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.consultation.lookups.sources.domain import (
    Inquiry,
    Origin,
    SourceAnswer,
    SourceCode,
    SourcePart,
    SourceState,
)
from services.consultation.lookups.sources.ssbtek.readers.fk_suppliers import with_unlisted
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable

_MAX_CODE = 60
_MAX_MESSAGE = 500
_MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """When a question left and when it had been answered, or had failed; and the contract that it was put by."""

    started: datetime
    ended: datetime
    contract_version: str

    @property
    def milliseconds(self) -> int:
        """How long it took; never less than nothing, whatever was done to the clock."""
        return max(0, round((self.ended - self.started).total_seconds() * 1000))


def failed(code: str, messages: tuple[str, ...] = ()) -> Reading:
    """An exchange that gave nothing to read."""
    return Reading(SourceState.ERROR, code=code, messages=messages)


def answer_of(
    code: SourceCode, reading: Reading, origin: Origin | None, inquiry: Inquiry, exchange: Exchange
) -> SourceAnswer:
    """The answer that was read to the inquiry, unless the source says that it is about somebody else.

    Codes and messages are cut to a length that can be stored; by the contract they have none.
    """
    if code is SourceCode.FK:
        reading = with_unlisted(reading, inquiry.benefit_groups)
    if reading.subject is not None and not _same_person(reading.subject, inquiry.person.reveal()):
        reading = replace(unparseable("the answer is about another person number"), protected=reading.protected)
    unanswered = origin is Origin.LOCAL or reading.state is SourceState.MISSING
    return SourceAnswer(
        source=code,
        state=reading.state,
        asked_period=inquiry.sources[code],
        answered_at=None if unanswered else exchange.ended,
        took_ms=exchange.milliseconds,
        contract_version=exchange.contract_version,
        origin=origin,
        code=_cut_code(reading.code) if reading.code else reading.code,
        messages=_cut_messages(reading.messages) if reading.messages else (),
        deviations=reading.deviations,
        items=reading.items,
        parts=tuple(map(_cut_part, reading.parts[:_MAX_PARTS])) if reading.parts else (),
        protected=reading.protected,
        data=reading.data,
    )


def _cut_part(part: SourcePart) -> SourcePart:
    return SourcePart(
        part.name[:_MAX_CODE], part.state, part.origin, _cut_code(part.code), _cut_messages(part.messages)
    )


def _cut_code(code: str | None) -> str | None:
    return code[:_MAX_CODE] if code is not None else None


def _cut_messages(messages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:_MAX_MESSAGE] for text in messages) if messages else ()


def _same_person(answered: str, asked: str) -> bool:
    """Sources write ten or twelve digits; what is not digits, as blanks or a mask, tells nothing."""
    digits = "".join(answered.split()).replace("-", "")
    return not digits.isdigit() or len(digits) not in (10, 12) or asked.endswith(digits)
