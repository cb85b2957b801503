"""Why a handler asks back, waits, goes on, rejects or corrects: codes that can be counted, beside what is written."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from shared.problems import Words


class DelayReason(StrEnum):
    """What delays an answer, where the cause is not the person's (R12)."""

    SECRECY_UNCLEAR = "secrecy_unclear"
    WRONG_CHANNEL = "wrong_channel"
    QUESTION_INCOMPLETE = "question_incomplete"
    NEEDS_SPECIALIST = "needs_specialist"
    NO_CALLBACK = "no_callback"
    SYSTEM_DOWN = "system_down"


class PersonWait(StrEnum):
    """What is waited for from the person."""

    CONSENT = "consent"
    INFORMATION = "information"
    CONTACT = "contact"


class Resumption(StrEnum):
    """How a wait ended."""

    RECEIVED = "received"
    RECEIVED_OTHERWISE = "received_otherwise"
    NOT_RECEIVED = "not_received"


class Rejection(StrEnum):
    """Why nothing will be answered."""

    NOT_FOR_THIS_AUTHORITY = "not_for_this_authority"
    NO_LEGAL_GROUND = "no_legal_ground"
    PERSON_UNKNOWN = "person_unknown"
    DUPLICATE = "duplicate"
    QUESTION_INCOMPLETE = "question_incomplete"
    WRONG_CHANNEL = "wrong_channel"


class ClosingCode(StrEnum):
    """What a consultation came to: stated with what ended it, counted in statistics, and told to both sides."""

    ANSWERED = "answered"
    REFERRED = "referred"
    NO_DATA = "no_data"
    WITHDRAWN = "withdrawn"
    WRONG_AUTHORITY = "wrong_authority"


AnswerClosing = Literal[ClosingCode.ANSWERED, ClosingCode.REFERRED, ClosingCode.NO_DATA]
"""What an answer can come to."""
RejectionClosing = Literal[ClosingCode.REFERRED, ClosingCode.NO_DATA, ClosingCode.WRONG_AUTHORITY]
"""What a rejection can come to."""


class CorrectionReason(StrEnum):
    """What was wrong with an event as it was written down."""

    REGISTERED_LATE = "registered_late"
    WRONG_TIME = "wrong_time"
    WRONG_CHANNEL = "wrong_channel"


REJECTED_AS: Mapping[Rejection, RejectionClosing] = {
    Rejection.NOT_FOR_THIS_AUTHORITY: ClosingCode.WRONG_AUTHORITY,
    Rejection.NO_LEGAL_GROUND: ClosingCode.NO_DATA,
    Rejection.PERSON_UNKNOWN: ClosingCode.NO_DATA,
    Rejection.DUPLICATE: ClosingCode.REFERRED,
    Rejection.QUESTION_INCOMPLETE: ClosingCode.NO_DATA,
    Rejection.WRONG_CHANNEL: ClosingCode.REFERRED,
}
"""What a rejection comes to when the handler states nothing else."""

DELAY_WORDS: Mapping[DelayReason, Words] = {
    DelayReason.SECRECY_UNCLEAR: Words("Oklart om sekretessen", "Secrecy is unclear"),
    DelayReason.WRONG_CHANNEL: Words("Fel kanal", "Wrong channel"),
    DelayReason.QUESTION_INCOMPLETE: Words("Frågan är ofullständig", "The question is incomplete"),
    DelayReason.NEEDS_SPECIALIST: Words("Specialist behövs", "A specialist is needed"),
    DelayReason.NO_CALLBACK: Words("Ingen svarade vid motringning", "Nobody answered the call-back"),
    DelayReason.SYSTEM_DOWN: Words("Ett system ligger nere", "A system is down"),
}
PERSON_WAIT_WORDS: Mapping[PersonWait, Words] = {
    PersonWait.CONSENT: Words("Samtycke inväntas", "Consent is awaited"),
    PersonWait.INFORMATION: Words("Uppgifter från den enskilde inväntas", "Information from the person is awaited"),
    PersonWait.CONTACT: Words("Den enskilde nås inte", "The person can't be reached"),
}
RESUMPTION_WORDS: Mapping[Resumption, Words] = {
    Resumption.RECEIVED: Words("Det inväntade kom", "What was awaited came"),
    Resumption.RECEIVED_OTHERWISE: Words("Det inväntade kom på annat sätt", "What was awaited came another way"),
    Resumption.NOT_RECEIVED: Words("Det inväntade kom inte", "What was awaited did not come"),
}
REJECTION_WORDS: Mapping[Rejection, Words] = {
    Rejection.NOT_FOR_THIS_AUTHORITY: Words(
        "Frågan hör inte till myndigheten", "The question is not for this authority"
    ),
    Rejection.NO_LEGAL_GROUND: Words("Rättsligt stöd saknas", "There is no legal ground"),
    Rejection.PERSON_UNKNOWN: Words("Personen är inte känd här", "The person is not known here"),
    Rejection.DUPLICATE: Words("Samma fråga finns redan", "The same question has been asked already"),
    Rejection.QUESTION_INCOMPLETE: Words("Frågan är ofullständig", "The question is incomplete"),
    Rejection.WRONG_CHANNEL: Words("Fel kanal", "Wrong channel"),
}
CLOSING_WORDS: Mapping[ClosingCode, Words] = {
    ClosingCode.ANSWERED: Words("Besvarad", "Answered"),
    ClosingCode.REFERRED: Words("Hänvisad", "Referred"),
    ClosingCode.NO_DATA: Words("Uppgift saknas", "No data"),
    ClosingCode.WITHDRAWN: Words("Återtagen", "Withdrawn"),
    ClosingCode.WRONG_AUTHORITY: Words("Fel myndighet", "Wrong authority"),
}
CORRECTION_WORDS: Mapping[CorrectionReason, Words] = {
    CorrectionReason.REGISTERED_LATE: Words("Registrerades i efterhand", "Registered late"),
    CorrectionReason.WRONG_TIME: Words("Fel tid", "Wrong time"),
    CorrectionReason.WRONG_CHANNEL: Words("Fel kanal", "Wrong channel"),
}
