"""Wire models of a consultation's clock."""

from collections.abc import Set
from typing import Annotated, Any

from pydantic import Field

from services.consultation.clocks.effective import EffectiveEvent
from services.consultation.clocks.story import DueReason, DueStanding, Interval, Pace, Story
from services.consultation.clocks.targets import Target, TargetLevel
from services.consultation.clocks.turns import Turn
from services.consultation.clocks.words import DUE_REASONS, INTERVALS, PACES
from services.consultation.consultations.examples import ID
from services.consultation.consultations.models import Links
from services.consultation.consultations.timekeeping import History
from services.consultation.wire import Instant, TextsModel
from shared.http.bodies import WireModel
from shared.problems import Words


class TargetModel(WireModel):
    """The target that the due date rests on. `level` tells where it was set: unit, national or default."""

    working_seconds: int
    level: TargetLevel


class ClockInterval(WireModel):
    """Whose turn it was from `from` until `to`, in which unit; `to` is null while it still is.

    `counted` when the time runs towards the target. `pauseReason` is why it does not, when a reason was given.
    `begunBy` and `endedBy` are kinds of event; null to the asking side when only the answering one sees the event.
    """

    turn: Turn
    unit: str
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant | None
    working_seconds: int
    counted: bool
    pause_reason: str | None
    begun_by: str | None
    ended_by: str | None
    text: TextsModel


class DueDate(WireModel):
    """The due date as it stood from `recordedAt`. `sequence` is the event's; null for hours or a target set anew."""

    recorded_at: Instant
    sequence: int | None
    due_at: Instant
    moved: bool
    reasons: list[DueReason]
    target: TargetModel
    text: TextsModel


class TurnSeconds(WireModel):
    """Working seconds in each turn; they sum to `totalWorkingSeconds`."""

    answering_authority: int
    municipality: int
    person: int
    post: int
    secrecy_test: int
    meeting: int


class Clock(WireModel):
    """Where the time of a consultation went, interval by interval, and what became of its due date.

    `remainingWorkingSeconds` is what is left until the due date, or would be if the clock ran again.
    `touchWorkingSeconds`, while a handler had it, is told to the answering side alone.
    """

    consultation_id: str
    at: Instant
    pace: Pace
    text: TextsModel
    turn: Turn
    due_at: Instant
    target: TargetModel
    total_working_seconds: int
    counted_working_seconds: int
    remaining_working_seconds: int
    overdue: bool
    overdue_working_seconds: int
    first_response_at: Instant | None
    first_response_working_seconds: int | None
    touch_working_seconds: int | None
    by_turn: TurnSeconds
    intervals: list[ClockInterval]
    due_dates: list[DueDate]
    links: Links


def clock_model(
    story: Story, history: History, consultation_id: str, *, answering: bool, links: dict[str, dict[str, str]]
) -> Clock:
    """The story for one of the sides. The asking side is not told what the answering one does within itself."""
    hidden = frozenset() if answering else history.hidden
    standing = story.standing
    return Clock(
        consultation_id=consultation_id,
        at=standing.at,
        pace=standing.pace,
        text=_texts(PACES[standing.pace]),
        turn=Turn.NOBODY if standing.pace is Pace.ENDED else story.intervals[-1].turn,
        due_at=standing.due.at,
        target=_target(standing.due.target),
        total_working_seconds=story.total_seconds,
        counted_working_seconds=standing.counted_seconds,
        remaining_working_seconds=standing.remaining_seconds,
        overdue=standing.overdue_seconds > 0,
        overdue_working_seconds=standing.overdue_seconds,
        first_response_at=story.first_response_at,
        first_response_working_seconds=story.first_response_seconds,
        touch_working_seconds=story.touch_seconds if answering else None,
        by_turn=TurnSeconds(**{turn.value: story.by_turn[turn] for turn in Turn if turn is not Turn.NOBODY}),
        intervals=[_interval(each, hidden) for each in story.intervals],
        due_dates=[_due_date(each, hidden) for each in story.due_dates if each.sequence not in hidden or each.moved],
        links=links,
    )


def _interval(interval: Interval, hidden: Set[int]) -> ClockInterval:
    return ClockInterval(
        turn=interval.turn,
        unit=interval.unit or "",
        from_=interval.start,
        to=interval.end,
        working_seconds=interval.seconds,
        counted=interval.counted,
        pause_reason=interval.pause_reason,
        begun_by=_kind(interval.since, hidden),
        ended_by=_kind(interval.until, hidden),
        text=_texts(INTERVALS[interval.turn]),
    )


def _kind(event: EffectiveEvent | None, hidden: Set[int]) -> str | None:
    return None if event is None or event.sequence in hidden else event.action


def _due_date(standing: DueStanding, hidden: Set[int]) -> DueDate:
    words = [DUE_REASONS[reason] for reason in standing.reasons]
    return DueDate(
        recorded_at=standing.recorded_at,
        sequence=None if standing.sequence in hidden else standing.sequence,
        due_at=standing.due.at,
        moved=standing.moved,
        reasons=list(standing.reasons),
        target=_target(standing.due.target),
        text=_texts(Words("; ".join(each.sv for each in words), "; ".join(each.en for each in words))),
    )


def _target(target: Target) -> TargetModel:
    return TargetModel(working_seconds=target.seconds, level=target.level)


def _texts(words: Words) -> TextsModel:
    return TextsModel(sv=words.sv, en=words.en)


_TARGET: dict[str, Any] = {"workingSeconds": 97200, "level": "default"}
CLOCK: dict[str, Any] = {
    "consultationId": ID,
    "at": "2026-11-20T12:12:00Z",
    "pace": "stopped",
    "text": {"sv": "Klockan står still", "en": "The clock stands still"},
    "turn": "municipality",
    "dueAt": "2026-11-25T09:12:00Z",
    "target": _TARGET,
    "totalWorkingSeconds": 10800,
    "countedWorkingSeconds": 7200,
    "remainingWorkingSeconds": 90000,
    "overdue": False,
    "overdueWorkingSeconds": 0,
    "firstResponseAt": "2026-11-20T11:12:00Z",
    "firstResponseWorkingSeconds": 7200,
    "touchWorkingSeconds": None,
    "byTurn": {
        "answeringAuthority": 7200,
        "municipality": 3600,
        "person": 0,
        "post": 0,
        "secrecyTest": 0,
        "meeting": 0,
    },
    "intervals": [
        {
            "turn": "answering_authority",
            "unit": "national",
            "from": "2026-11-20T09:12:00Z",
            "to": "2026-11-20T11:12:00Z",
            "workingSeconds": 7200,
            "counted": True,
            "pauseReason": None,
            "begunBy": "opened",
            "endedBy": "asked_back",
            "text": {
                "sv": "Arbetsförmedlingen hade frågan: tiden räknas",
                "en": "The answering authority had it: counted",
            },
        },
        {
            "turn": "municipality",
            "unit": "national",
            "from": "2026-11-20T11:12:00Z",
            "to": None,
            "workingSeconds": 3600,
            "counted": False,
            "pauseReason": "question_incomplete",
            "begunBy": "asked_back",
            "endedBy": None,
            "text": {
                "sv": "Väntan på kommunen: tiden räknas inte",
                "en": "Waiting for the municipality: not counted",
            },
        },
    ],
    "dueDates": [
        {
            "recordedAt": "2026-11-20T09:12:00Z",
            "sequence": 1,
            "dueAt": "2026-11-25T09:12:00Z",
            "moved": False,
            "reasons": ["opened"],
            "target": _TARGET,
            "text": {
                "sv": "Samrådet öppnades: målet räknas i arbetstid därifrån",
                "en": "The consultation was opened: the target is counted in working time from there",
            },
        }
    ],
    "_links": {"self": {"href": f"https://samrad.example/consultation/v1/consultations/{ID}/clock"}},
}
"""For the OpenAPI document."""
