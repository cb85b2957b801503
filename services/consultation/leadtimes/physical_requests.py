"""What a consultation's requests for a physical meeting add to the figures (R16): items of tallies. Pure.

A request is counted on the Swedish day that it was made, once as asked for, and once as what it has come to. One that
is granted is counted by its working days too: how many of the days after that of the request, up to and with that of
the meeting, the unit that booked it is open. The days of the week after a request on a Friday are 1 to 5.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.consultation.channels.meeting_requests.domain import MeetingRequestOutcome, outcome_of
from services.consultation.clocks.all_calendars import CalendarOf
from services.consultation.clocks.effective import EffectiveEvent
from services.consultation.clocks.working_days import working_days
from services.consultation.clocks.zone import SWEDEN

ASKED = "meeting_request:asked"
WAITING = "meeting_request:waiting"
GRANTED = "meeting_request:granted"
REFUSED = "meeting_request:refused"
NOT_GRANTED = "meeting_request:not_granted"
_ITEMS = {
    None: WAITING,
    MeetingRequestOutcome.GRANTED: GRANTED,
    MeetingRequestOutcome.REFUSED: REFUSED,
    MeetingRequestOutcome.NOT_GRANTED: NOT_GRANTED,
}

MOST_DAYS = 60
"""So many working days, a quarter of a year, or more: below that each number is told apart from the others."""
ITEM_OF_DAYS: Mapping[int, str] = {days: f"meeting_request:days:{days}" for days in range(MOST_DAYS + 1)}
"""Of those that are granted, the item of each number of working days."""


@dataclass(frozen=True, slots=True)
class CountedRequest:
    """A request by the sequence of its event. `outcome` is as stored: null while it waits or when nobody settled it.

    When it is granted, `settled` is the sequence of the booking, and `starts_at` when the meeting begins.
    """

    sequence: int
    outcome: str | None
    settled: int | None = None
    starts_at: datetime | None = None


def counted_items(
    requests: Sequence[CountedRequest], happened: Sequence[EffectiveEvent], calendar_of: CalendarOf, *, ended: bool
) -> Iterator[tuple[date, str]]:
    """The day and the item of each thing to count. `happened` holds the events of requests and bookings."""
    events = {event.sequence: event for event in happened}
    for request in requests:
        day = events[request.sequence].at.astimezone(SWEDEN).date()
        yield day, ASKED
        yield day, _ITEMS[outcome_of(request.outcome, ended=ended)]
        if request.settled is not None and request.starts_at is not None:
            calendar = calendar_of(events[request.settled].unit or "")
            meeting_day = request.starts_at.astimezone(SWEDEN).date()
            yield day, ITEM_OF_DAYS[min(working_days(calendar, day, meeting_day), MOST_DAYS)]
