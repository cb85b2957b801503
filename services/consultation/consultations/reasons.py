"""Why a handler asks back, waits, goes on, rejects or corrects: codes that can be counted, beside what is written."""

from collections.abc import Mapping
from enum import StrEnum

from shared.problems import Words


class DelayReason(StrEnum):
    """What delays an answer, where the cause is not the person's (R12)."""

    SECRECY_UNCLEAR = "secrecy_unclear"
    WRONG_CHANNEL = "wrong_channel"
    QUESTION_INCOMPLETE = "question_incomplete"
    NEEDS_SPECIALIST = "needs_specialist"
    NO_CALLBACK = "no_callback"
    SYSTEM_DOWN = "system_down"


DELAY_WORDS: Mapping[DelayReason, Words] = {
    DelayReason.SECRECY_UNCLEAR: Words("Oklart om sekretessen", "Secrecy is unclear"),
    DelayReason.WRONG_CHANNEL: Words("Fel kanal", "Wrong channel"),
    DelayReason.QUESTION_INCOMPLETE: Words("Frågan är ofullständig", "The question is incomplete"),
    DelayReason.NEEDS_SPECIALIST: Words("Specialist behövs", "A specialist is needed"),
    DelayReason.NO_CALLBACK: Words("Ingen svarade vid motringning", "Nobody answered the call-back"),
    DelayReason.SYSTEM_DOWN: Words("Ett system ligger nere", "A system is down"),
}
