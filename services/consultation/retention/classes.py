"""Which data belong together, and what is done with them: each table in exactly one class.

A new table is added to the class whose fate it shares. That of a consultation's own parts is `CONSULTATION`, and it is
erased with it by a line in `parts.py`; a test holds both to the schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from services.consultation.retention.periods import Length, Period
from services.consultation.webhooks.keep import FAILED_KEPT
from shared.idempotency import KEPT as REPEATED_KEPT
from shared.problems import Words


class Counts(StrEnum):
    """From when a class is kept."""

    ENDED = "ended"
    ASKED = "asked"
    MARK_ENDED = "mark_ended"
    MADE = "made"
    FINISHED = "finished"
    NEVER = "never"


COUNTS_WORDS: Mapping[Counts, Words] = {
    Counts.ENDED: Words(
        "från att handläggningen upphörde: när den sista omgången avslutades, avvisades eller återtogs",
        "from when the handling ended: when the last round was closed, rejected or withdrawn",
    ),
    Counts.ASKED: Words("från att frågan ställdes", "from when the question was put"),
    Counts.MARK_ENDED: Words("från att märkningen upphörde", "from when the mark ended"),
    Counts.MADE: Words("från att det skrevs", "from when it was written"),
    Counts.FINISHED: Words("från att leveransen kom fram eller gavs upp", "from when it arrived or was given up"),
    Counts.NEVER: Words("räknas inte", "does not count"),
}


class Fate(StrEnum):
    """What is done when the time is over."""

    ERASED = "erased"
    EMPTIED = "emptied"
    STAYS = "stays"


FATE_WORDS: Mapping[Fate, Words] = {
    Fate.ERASED: Words("raderas helt", "erased whole"),
    Fate.EMPTIED: Words(
        "text, person och post raderas; tid, händelse och hash står kvar",
        "text, person and record are erased; time, event and hash stay",
    ),
    Fate.STAYS: Words("står kvar, eller tas bort när det inte används", "stays, or is removed when out of use"),
}


@dataclass(frozen=True, slots=True, eq=False)
class DataClass:
    """Data with one fate. `tables` names each with its columns of bytes: what is sealed, marks, and hashes.

    `job` is the background job that does it. `fixed` is a period that the code decides, `setting` one that a setting
    does; without either the rules decide. `years` tells that they do so in calendar years.
    """

    code: str
    tables: Mapping[str, tuple[str, ...]]
    counts: Counts
    fate: Fate
    job: str | None = None
    fixed: Period | None = None
    setting: str | None = None
    years: bool = False


RETENTION_JOB = "retention.erase"

CONSULTATION = DataClass(
    "consultation",
    {
        "consultation": ("person_mark", "person_sealed", "details_sealed"),
        "consultation_event": (),
        "consultation_message": ("sealed",),
        "call_back": (),
        "meeting": (),
        "meeting_request": (),
        "asked_set": (),
        "disclosure": ("explanation", "content"),
        "attachment": ("name_sealed", "sha256"),
        "consultation_note": ("sealed",),
        "answer_proposal": ("sealed", "reason"),
        "faq_proposal": ("sealed", "reason"),
        "pulse": ("sealed",),
        "consultation_link": (),
        "timer": (),
        "outbox": (),
        "retention_hold": (),
    },
    Counts.ENDED,
    Fate.ERASED,
    RETENTION_JOB,
    years=True,
)
HOUSEHOLD = DataClass(
    "household",
    {"household_lookup": (), "household_member": ()},
    Counts.ASKED,
    Fate.ERASED,
    RETENTION_JOB,
    years=True,
)
LOOKUP = DataClass(
    "lookup",
    {"lookup": ("person_mark", "person_sealed"), "lookup_attempt": ()},
    Counts.ASKED,
    Fate.ERASED,
    RETENTION_JOB,
    years=True,
)
PROTECTED_MARK = DataClass(
    "protected_mark",
    {"protected_person": ("person_mark",)},
    Counts.MARK_ENDED,
    Fate.ERASED,
    RETENTION_JOB,
    years=True,
)
KEPT_ANSWER = DataClass(
    "source_answer",
    {"kept_lookup": ("sealed",)},
    Counts.ASKED,
    Fate.ERASED,
    "lookups.forget_answers",
    setting="SAMRAD_CONSULTATION_ANSWERS_KEPT_MINUTES",
)
REPEATED_ANSWER = DataClass(
    "repeated_answer",
    {"idempotency_record": ("key_hash", "request_hash", "body")},
    Counts.MADE,
    Fate.ERASED,
    "idempotency.forget",
    fixed=Length(REPEATED_KEPT),
)
BRAKE = DataClass(
    "brake",
    {"asked_person": ("person_mark",)},
    Counts.MADE,
    Fate.ERASED,
    "brake.forget",
    fixed=Length(timedelta(days=2)),
)
DELIVERY = DataClass(
    "webhook_delivery",
    {"webhook_delivery": (), "webhook_attempt": ()},
    Counts.FINISHED,
    Fate.ERASED,
    "webhooks.forget",
    fixed=Length(FAILED_KEPT),
)
SUBSCRIPTION = DataClass(
    "webhook_subscription",
    {"webhook_subscription": (), "webhook_secret": ("sealed",), "webhook_notice": ()},
    Counts.NEVER,
    Fate.STAYS,
    "webhooks.forget",
)
DRAFT = DataClass(
    "draft",
    {"answer_draft": ("sealed",)},
    Counts.MADE,
    Fate.ERASED,
    "drafts.forget",
    setting="SAMRAD_CONSULTATION_DRAFTS_KEPT_DAYS",
)
AUDIT_TRAIL = DataClass(
    "audit_trail",
    {
        "audit_entry": ("subject",),
        "audit_queue": ("entry_hash",),
        "audit_chain": ("entry_hash", "link"),
        "audit_checkpoint": ("digest",),
    },
    Counts.MADE,
    Fate.EMPTIED,
    "audit.erase",
    setting="SAMRAD_AUDIT_RETENTION_YEARS",
)
FIGURES = DataClass(
    "figures",
    {
        "lead_time_fact": (),
        "lead_time_cube": (),
        "lead_time_tally": (),
        "lead_time_pulse": (),
        "lead_time_version": (),
        "lead_time_pending": (),
        "expected_sample": (),
        "queue_count": (),
        "queue_change": (),
    },
    Counts.NEVER,
    Fate.STAYS,
)
ARRANGEMENTS = DataClass(
    "arrangements",
    {
        "tenant_profile": (),
        "tenant_purpose": (),
        "unit_calendar": (),
        "unit_target": (),
        "lead_time_intervention": (),
        "saved_view": (),
        "meeting_slot": (),
        "answer_template": (),
        "approval_rule": (),
    },
    Counts.NEVER,
    Fate.STAYS,
)
PUBLISHED = DataClass(
    "published",
    {"faq_entry": ("digest",), "faq_confirmation": ("digest",)},
    Counts.NEVER,
    Fate.STAYS,
)
MACHINERY = DataClass(
    "machinery",
    {
        "used_token": ("key",),
        "used_token_memory": (),
        "alembic_version": (),
        "attachment_store": (),
        "file_to_erase": (),
        "jobs.*": (),
    },
    Counts.NEVER,
    Fate.STAYS,
)

ERASED_BY_THE_JOB = (CONSULTATION, HOUSEHOLD, LOOKUP, PROTECTED_MARK)
"""In this order: a household before the look-ups that it names, a consultation before the look-up that it rests on."""

DATA_CLASSES: Mapping[str, DataClass] = {
    each.code: each
    for each in (
        *ERASED_BY_THE_JOB,
        KEPT_ANSWER,
        REPEATED_ANSWER,
        BRAKE,
        DRAFT,
        DELIVERY,
        SUBSCRIPTION,
        AUDIT_TRAIL,
        FIGURES,
        ARRANGEMENTS,
        PUBLISHED,
        MACHINERY,
    )
}
