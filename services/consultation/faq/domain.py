"""What a FAQ entry says, and who may confirm that it says nothing of anybody. Pure."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.consultation.consultations.domain import ConsultationType, State
from services.consultation.consultations.forms.codes import DecisionType
from shared.problems import Words

SEPARATOR = "\x1f"
"""Between what is digested: a character that no text may hold. The database counts the digest in the same way."""


class WithdrawalReason(StrEnum):
    """Why an entry is no longer told."""

    PERSONAL_DATA = "personal_data"
    OUTDATED = "outdated"
    INCORRECT = "incorrect"
    DUPLICATE = "duplicate"


WITHDRAWAL_WORDS: Mapping[WithdrawalReason, Words] = {
    WithdrawalReason.PERSONAL_DATA: Words("Innehåller personuppgifter", "Holds personal data"),
    WithdrawalReason.OUTDATED: Words("Gäller inte längre", "No longer holds"),
    WithdrawalReason.INCORRECT: Words("Är felaktig", "Is wrong"),
    WithdrawalReason.DUPLICATE: Words("Finns redan", "Is there already"),
}


@dataclass(frozen=True, slots=True)
class QuestionAndAnswer:
    """In one language."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class EntryText:
    """All that is told of an entry: about which kind of decision, in Swedish, and in English when there is one."""

    decision_type: DecisionType
    sv: QuestionAndAnswer
    en: QuestionAndAnswer | None

    @property
    def digest(self) -> bytes:
        """32 bytes, SHA-256. A confirmation is of the text with this digest and of no other."""
        english = ("", "") if self.en is None else (self.en.question, self.en.answer)
        parts = (self.decision_type.value, self.sv.question, self.sv.answer, *english)
        return hashlib.sha256(SEPARATOR.join(parts).encode()).digest()

    def fields(self) -> dict[str, str]:
        """Each text, by its name in the API."""
        languages = {"sv": self.sv, "en": self.en}
        return {
            f"{language}.{name}": text
            for language, written in languages.items()
            if written is not None
            for name, text in (("question", written.question), ("answer", written.answer))
        }


def gives_entries(consultation_type: str, state: str) -> bool:
    """Whether an entry can be made of such a consultation: a decision was to be explained, and has been."""
    return consultation_type == ConsultationType.DECISION_INTERPRETATION and state in (State.ANSWERED, State.CLOSED)


def is_second_person(person: str, written_by: Iterable[str]) -> bool:
    """Whether the person has written none of it. Nobody becomes two by a capital letter."""
    return person.casefold() not in {each.casefold() for each in written_by}


def is_plain(text: str) -> bool:
    """Whether all of it can be seen, and in the order in which it stands: line breaks are its only control characters.

    Direction overrides and invisible characters would let one text be confirmed and another be read.
    """
    return not any(each in _BLANKS or (each != "\n" and unicodedata.category(each) in _UNSEEN) for each in text)


_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# Nothing is seen of these either, though Unicode calls them letters, marks and a symbol.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
