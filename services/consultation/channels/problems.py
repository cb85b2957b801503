"""Refusals of the channels."""

from shared.problems import ProblemKind, Words

MEETING_ENDED = ProblemKind(
    "meeting_ended",
    409,
    Words("Mötet är redan avslutat", "The meeting has ended already"),
    Words(
        "Läs mötena på nytt; ett nytt möte bokas för sig.", "Read the meetings anew; another one is booked by itself."
    ),
)
MEETING_NOT_YET = ProblemKind(
    "meeting_not_yet",
    409,
    Words("Mötet har inte börjat", "The meeting has not begun"),
    Words(
        "Avboka det, eller registrera utfallet när det har börjat.",
        "Cancel it, or register the outcome when it has begun.",
    ),
)
MEETING_REQUESTED_ALREADY = ProblemKind(
    "meeting_requested_already",
    409,
    Words("Ett fysiskt möte är redan begärt eller bokat", "A physical meeting is requested or booked already"),
    Words(
        "Läs samrådets möten. En ny begäran kan göras när den förra är avgjord och dess möte är över.",
        "Read the meetings of the consultation. Ask again when the request before is settled and its meeting over.",
    ),
)
NO_MEETING_REQUESTED = ProblemKind(
    "no_meeting_requested",
    409,
    Words("Ingen begäran om fysiskt möte väntar", "No request for a physical meeting waits"),
    Words("Läs samrådets möten: begäran är redan avgjord.", "Read the meetings: the request has been settled."),
)
SLOT_TAKEN = ProblemKind(
    "slot_taken",
    409,
    Words("Tiden är bokad", "The slot is booked"),
    Words("Läs de lediga tiderna på nytt och välj en annan.", "Read the free slots anew and choose another."),
)
SLOTS_NOT_POSSIBLE = ProblemKind(
    "slots_not_possible",
    422,
    Words("Inga mötestider ryms den dagen", "No slot fits in that day"),
    Words(
        "Enheten är stängd den dagen, eller mötet är längre än öppettiden. Läs enhetens öppettider.",
        "The unit is closed that day, or the meeting is longer than its hours. Read the unit's opening hours.",
    ),
)
TIME_NOT_USABLE = ProblemKind(
    "time_not_usable",
    422,
    Words("Tidpunkten kan inte användas", "The time cannot be used"),
    Words(
        "Ange tidszon. Det som har hänt är inte äldre än 31 dagar och ligger inte i framtiden; ett möte bokas framåt, "
        "högst ett år.",
        "State a time zone. What has happened is no older than 31 days and not in the future; a meeting is booked "
        "ahead, a year at most.",
    ),
)
