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
