"""What a person is in a household that asks for aid together."""

from enum import StrEnum


class Role(StrEnum):
    """Sökande, medsökande, barn."""

    APPLICANT = "applicant"
    CO_APPLICANT = "co_applicant"
    CHILD = "child"
