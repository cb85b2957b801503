"""Why a consultation may be held."""

from collections.abc import Mapping
from enum import StrEnum

from shared.problems import Words


class HoldReason(StrEnum):
    """Why it must not be erased yet."""

    APPEAL = "appeal"
    SUPERVISION = "supervision"
    DISPUTE = "dispute"
    REQUEST_BY_PERSON = "request_by_person"


HOLD_WORDS: Mapping[HoldReason, Words] = {
    HoldReason.APPEAL: Words("Beslutet är överklagat", "The decision has been appealed"),
    HoldReason.SUPERVISION: Words("Tillsyn eller granskning pågår", "Under supervision or review"),
    HoldReason.DISPUTE: Words("Rättsligt anspråk eller skadestånd", "A legal claim or damages"),
    HoldReason.REQUEST_BY_PERSON: Words("Personen har begärt ut uppgifterna", "The person has asked for the data"),
}
