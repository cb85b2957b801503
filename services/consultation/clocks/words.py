"""The story of a consultation's time in words."""

from collections.abc import Mapping

from services.consultation.clocks.opening_rules import HalfDayRule
from services.consultation.clocks.story import DueReason, Pace
from services.consultation.clocks.targets import TargetLevel
from services.consultation.clocks.turns import Turn
from shared.problems import Words

PACES: Mapping[Pace, Words] = {
    Pace.RUNNING: Words("Klockan går", "The clock runs"),
    Pace.STOPPED: Words("Klockan står still", "The clock stands still"),
    Pace.ENDED: Words("Klockan har stannat", "The clock has ended"),
}
TARGET_LEVELS: Mapping[TargetLevel, Words] = {
    TargetLevel.UNIT: Words("Enhetens mål", "The unit's target"),
    TargetLevel.NATIONAL: Words("Målet för alla enheter", "The target for all units"),
    TargetLevel.DEFAULT: Words("Förvalt mål", "The default target"),
}
DUE_REASONS: Mapping[DueReason, Words] = {
    DueReason.OPENED: Words(
        "Samrådet öppnades: målet räknas i arbetstid därifrån",
        "The consultation was opened: the target is counted in working time from there",
    ),
    DueReason.NOTHING_CHANGED: Words("Händelsen ändrade ingenting av tiden", "The event changed nothing of the time"),
    DueReason.CLOCK_STOPPED: Words(
        "Klockan stannade: dagen står kvar, och flyttas när den går igen",
        "The clock stopped: the date stands, and moves when it runs again",
    ),
    DueReason.CLOCK_STARTED: Words(
        "Klockan går igen: den arbetstid som var kvar räknas härifrån",
        "The clock runs again: the working time that was left is counted from here",
    ),
    DueReason.UNIT_CHANGED: Words(
        "En annan enhet tog över: dess öppettider och mål gäller härifrån",
        "Another unit took over: its opening hours and target hold from here",
    ),
    DueReason.REGISTERED_LATE: Words(
        "Registrerades i efterhand: räknas från när det hände",
        "Registered late: counted from when it happened",
    ),
    DueReason.CORRECTED: Words(
        "En tidigare händelse rättades: tiden räknades om", "An earlier event was corrected: time was counted again"
    ),
    DueReason.CALENDAR_SET: Words("Enhetens öppettider ändrades", "The unit's opening hours were changed"),
    DueReason.TARGET_SET: Words("Ett mål ändrades", "A target was changed"),
    DueReason.ENDED: Words("Ledtiden är slut", "Lead time has ended"),
}
INTERVALS: Mapping[Turn, Words] = {
    Turn.ANSWERING: Words("Arbetsförmedlingen hade frågan: tiden räknas", "The answering authority had it: counted"),
    Turn.ASKING: Words("Väntan på kommunen: tiden räknas inte", "Waiting for the municipality: not counted"),
    Turn.PERSON: Words("Väntan på den enskilde: tiden räknas inte", "Waiting for the person: not counted"),
    Turn.POST: Words("Väntan på att brevet skickas: tiden räknas", "Waiting for the letter to leave: counted"),
    Turn.SECRECY_TEST: Words("Sekretessprövning: tiden räknas", "Secrecy test: counted"),
    Turn.MEETING: Words("Väntan på ett möte: tiden räknas inte", "Waiting for a meeting: not counted"),
    Turn.NOBODY: Words("Ingens tur", "Nobody's turn"),
}
HALF_DAYS: Mapping[HalfDayRule, Words] = {
    HalfDayRule.DAY_BEFORE_HOLIDAY: Words("Dag före helgdag", "The day before a holiday"),
    HalfDayRule.BRIDGE_DAY: Words("Klämdag", "A day between a holiday and another closed day"),
}
