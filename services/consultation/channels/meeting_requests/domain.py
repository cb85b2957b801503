"""What can be said of a request for a physical meeting: why it is refused, and what became of it."""

from collections.abc import Mapping
from enum import StrEnum

from shared.problems import Words


class MeetingRefusal(StrEnum):
    """Why no physical meeting is granted."""

    ANSWERED_OTHERWISE = "answered_otherwise"
    REMOTE_INSTEAD = "remote_instead"
    NO_OFFICE_WITHIN_REACH = "no_office_within_reach"
    NO_FREE_TIME = "no_free_time"
    PERSON_DECLINES = "person_declines"


class MeetingRequestOutcome(StrEnum):
    """What became of a request. `NOT_GRANTED` is never stored: it is one that waited when the consultation ended."""

    GRANTED = "granted"
    REFUSED = "refused"
    NOT_GRANTED = "not_granted"


def outcome_of(stored: str | None, *, ended: bool) -> MeetingRequestOutcome | None:
    """None while it waits. `ended` when the consultation has been answered, rejected, withdrawn or closed."""
    if stored is not None:
        return MeetingRequestOutcome(stored)
    return MeetingRequestOutcome.NOT_GRANTED if ended else None


MEETING_REFUSAL_WORDS: Mapping[MeetingRefusal, Words] = {
    MeetingRefusal.ANSWERED_OTHERWISE: Words("Frågan besvaras utan möte", "The question is answered without a meeting"),
    MeetingRefusal.REMOTE_INSTEAD: Words("Ett distansmöte erbjuds i stället", "A remote meeting is offered instead"),
    MeetingRefusal.NO_OFFICE_WITHIN_REACH: Words("Inget kontor inom räckhåll", "No office within reach"),
    MeetingRefusal.NO_FREE_TIME: Words("Ingen ledig tid", "No free time"),
    MeetingRefusal.PERSON_DECLINES: Words("Den enskilde vill inte ha ett fysiskt möte", "The person declines to meet"),
}
MEETING_REQUEST_WORDS: Mapping[MeetingRequestOutcome, Words] = {
    MeetingRequestOutcome.GRANTED: Words("Beviljad", "Granted"),
    MeetingRequestOutcome.REFUSED: Words("Avslagen", "Refused"),
    MeetingRequestOutcome.NOT_GRANTED: Words(
        "Inte beviljad innan samrådet avslutades", "Not granted before the consultation ended"
    ),
}
