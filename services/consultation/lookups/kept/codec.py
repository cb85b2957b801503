"""Answers of sources as bytes and back, exactly: every field, present and future, comes out as it went in."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from services.consultation.lookups.months import Month
from services.consultation.lookups.sources.domain import Period, SourceAnswer, SourceCode


class CannotRead(ValueError):
    """The bytes hold no answers as this version of the product writes them."""


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What is needed to ask again for a part and tell the whole.

    That is each asked source's period, all answers, the month that was to be compared with those before it, and the
    board that asked.
    """

    periods: Mapping[SourceCode, Period]
    answers: tuple[SourceAnswer, ...]
    comparison: Month | None = None
    board: str | None = None


_ADAPTER = TypeAdapter(KeptAnswers)


def encode(kept: KeptAnswers) -> bytes:
    """As JSON."""
    return _ADAPTER.dump_json(kept)


def decode(plain: bytes) -> KeptAnswers:
    """The same answers again. Raises CannotRead."""
    try:
        return _ADAPTER.validate_json(plain)
    except ValidationError:
        # The fault's own text would repeat what the sources said.
        raise CannotRead("kept answers of another form") from None
