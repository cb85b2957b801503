"""From the reading of one source to the answer that is told: about the right person, at a length that can be stored."""

from dataclasses import replace

from services.consultation.lookups.sources.domain import Inquiry, SourceAnswer, SourceCode
from services.consultation.lookups.sources.ssbtek.readers.fk_suppliers import with_unlisted
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading, unparseable

_MAX_CODE = 60
_MAX_MESSAGE = 500
_MAX_PARTS = 100


def read_answer_of(code: SourceCode, reading: Reading, inquiry: Inquiry) -> SourceAnswer:
    """The answer that was read to the inquiry, unless the source says that it is about somebody else."""
    if code is SourceCode.FK:
        reading = with_unlisted(reading, inquiry.benefit_groups)
    if reading.subject is not None and not _same_person(reading.subject, inquiry.person.reveal()):
        reading = replace(unparseable("the answer is about another person number"), protected=reading.protected)
    return SourceAnswer(
        source=code,
        state=reading.state,
        code=reading.code,
        messages=reading.messages,
        deviations=reading.deviations,
        items=reading.items,
        parts=reading.parts,
        protected=reading.protected,
        data=reading.data,
    )


def cut(answer: SourceAnswer) -> SourceAnswer:
    """Codes and messages at a length that can be stored; by the contract they have none."""
    if not answer.parts and answer.code is None and not answer.messages:
        return answer
    parts = tuple(
        replace(each, name=each.name[:_MAX_CODE], code=_cut_code(each.code), messages=_cut_messages(each.messages))
        for each in answer.parts[:_MAX_PARTS]
    )
    return replace(answer, code=_cut_code(answer.code), messages=_cut_messages(answer.messages), parts=parts)


def _cut_code(code: str | None) -> str | None:
    return code[:_MAX_CODE] if code is not None else None


def _cut_messages(messages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text[:_MAX_MESSAGE] for text in messages)


def _same_person(answered: str, asked: str) -> bool:
    """Sources write ten or twelve digits; what is not digits, as blanks or a mask, tells nothing."""
    digits = "".join(answered.split()).replace("-", "")
    return not digits.isdigit() or len(digits) not in (10, 12) or asked.endswith(digits)
