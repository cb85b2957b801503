"""What signals, and what could not be checked, say to people. No text holds an amount or anything of a person."""

from collections.abc import Mapping

from services.consultation.lookups.signals.domain import Change, NotChecked, Reason, Signal
from shared.problems import Words

CHANGES: Mapping[Change, Words] = {
    Change.NEW: Words("Nytt: utbetalat {month} men inte {compared}", "New: paid in {month} but not in {compared}"),
    Change.MISSING: Words(
        "Saknas: utbetalat {compared} men inte {month}", "Missing: paid in {compared} but not in {month}"
    ),
    Change.CHANGED: Words(
        "Ändrat belopp mellan {compared} och {month}, mer än {threshold} %",
        "Amount changed between {compared} and {month}, by more than {threshold} %",
    ),
}
REASONS: Mapping[Reason, Words] = {
    Reason.NOT_ASKED: Words("Kunde inte kontrolleras: källan frågades inte", "Not checked: the source was not asked"),
    Reason.NOT_READ_IN_FULL: Words(
        "Kunde inte kontrolleras: källan kunde inte läsas fullt ut",
        "Not checked: the source could not be read in full",
    ),
    Reason.PERIOD_NOT_ASKED: Words(
        "Kunde inte kontrolleras: den frågade perioden täcker inte månaden",
        "Not checked: the period asked for does not cover the month",
    ),
    Reason.LEFT_OUT: Words(
        "Kunde inte kontrolleras: ändamålet öppnar inte utbetalningar",
        "Not checked: the purpose does not open payments",
    ),
    Reason.NO_RULE: Words(
        "Kontrollera för hand: ingen regel för den här sortens utbetalning",
        "Check by hand: there is no rule for this kind of payment",
    ),
    Reason.DATE_UNKNOWN: Words(
        "Kontrollera för hand: en utbetalning saknar datum", "Check by hand: a payment has no date"
    ),
    Reason.STATUS_UNKNOWN: Words(
        "Kontrollera för hand: källans ord för status är okänt",
        "Check by hand: the source's word for the status is unknown",
    ),
    Reason.NOT_PAID_YET: Words(
        "Kontrollera för hand: månaden är slut men källan säger inte att det är utbetalat",
        "Check by hand: the month is over, but the source does not say that it was paid",
    ),
    Reason.AMOUNT_UNKNOWN: Words("Kontrollera för hand: ett belopp saknas", "Check by hand: an amount is not told"),
    Reason.CURRENCIES_DIFFER: Words(
        "Kontrollera för hand: beloppen är i olika valutor", "Check by hand: the amounts are in different currencies"
    ),
    Reason.MONTH_NOT_OVER: Words(
        "Kunde inte kontrolleras: månaden är inte slut, och mer kan komma",
        "Not checked: the month is not over, and more may come",
    ),
}


def words_of_signal(signal: Signal) -> Words:
    """The signal in both languages."""
    words = CHANGES[signal.change]
    filled = {
        "month": signal.month,
        "compared": signal.compared,
        "threshold": format(signal.rule.threshold_percent, "f"),
    }
    return Words(words.sv.format(**filled), words.en.format(**filled))


def words_of_not_checked(found: NotChecked) -> Words:
    """The reason in both languages."""
    return REASONS[found.reason]
