"""What a search goes by, and what it is for."""

import re
from dataclasses import dataclass
from enum import StrEnum

from services.consultation.problems import SEARCH_INVALID
from shared.problems import Problem

# Crockford's alphabet, as in consultations/numbers.py.
_WRITTEN = re.compile(r"S\d\d-[0-9A-HJKMNP-TV-Z]{1,4}(-[0-9A-HJKMNP-TV-Z]{0,4})?", re.ASCII)


class SearchBy(StrEnum):
    """The one thing that a search goes by."""

    NUMBER = "number"
    CASE = "caseReference"
    PERSON = "person"
    HANDLER = "handler"


class SearchPurpose(StrEnum):
    """Why somebody looks a person up among the consultations."""

    CASE_HANDLING = "case_handling"
    REQUEST_BY_PERSON = "request_by_person"
    SUPERVISION = "supervision"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers from `first` on that begin with it; a whole number is itself alone."""

    first: str

    @classmethod
    def parse(cls, written: str) -> "Numbers":
        """Raises Problem for what no number begins with."""
        number = written.strip().upper()
        if not _WRITTEN.fullmatch(number):
            raise Problem(SEARCH_INVALID, members={"errors": [{"field": "number", "reason": "not_a_number"}]})
        return cls(number)

    @property
    def last(self) -> str:
        """No number that begins so comes after it, whatever order the database has letters in."""
        return self.first + "Z" * 10
