"""The player: carries a year's timeline out through the use cases, each step at its own time, against a database.

Only who may ask is stood in for. Statements, row-level security, clocks, sealing, outbox and trail are the real ones.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.consultation.brake.domain import Limits
from services.consultation.channels.call_back import CallBack, CallBackOutcome, call_back
from services.consultation.channels.letters import record_dispatch
from services.consultation.channels.meeting_requests.ask import ask_for_meeting
from services.consultation.channels.meeting_requests.domain import MeetingRefusal
from services.consultation.channels.meeting_requests.refuse import refuse_meeting
from services.consultation.channels.meetings import (
    Meeting,
    MeetingKind,
    MeetingOutcome,
    Participant,
    Time,
    book_meeting,
    end_meeting,
)
from services.consultation.channels.register import (
    AtOnce,
    RegisterDependencies,
    Registration,
    decide_registration,
    register,
)
from services.consultation.clocks.counting import Clockwork
from services.consultation.clocks.unit_clocks import UnitClocks
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations.answer import answer_consultation
from services.consultation.consultations.ask_back import ask_consultation_back
from services.consultation.consultations.await_person import await_person
from services.consultation.consultations.changes import Change
from services.consultation.consultations.claim import claim_consultation
from services.consultation.consultations.close import close_consultation
from services.consultation.consultations.cooperation import Cooperation
from services.consultation.consultations.correct import Corrected, correct_event
from services.consultation.consultations.domain import Channel, Consultation, ConsultationType
from services.consultation.consultations.open import OpenDependencies, Opened, open_consultation
from services.consultation.consultations.open import Question as Asked
from services.consultation.consultations.reasons import (
    CorrectionReason,
    DelayReason,
    PersonWait,
    Rejection,
    Resumption,
)
from services.consultation.consultations.reject import reject_consultation
from services.consultation.consultations.release import release_consultation
from services.consultation.consultations.reopen import NextRound, reopen_consultation
from services.consultation.consultations.reply import reply_to_question
from services.consultation.consultations.resume import resume_consultation
from services.consultation.consultations.secrecy_test import begin_secrecy_test, end_secrecy_test
from services.consultation.consultations.triage import triage_consultation
from services.consultation.consultations.withdraw import withdraw_consultation
from services.consultation.expected.expectations import Expectations
from services.consultation.leadtimes.interventions import Intervention, register_intervention
from services.consultation.simulation.desk import Handled, Step
from services.consultation.simulation.details import invented_form
from services.consultation.simulation.grounds import SimulatedGrounds
from services.consultation.simulation.persons import invented_person
from services.consultation.simulation.questions import Wish
from services.consultation.simulation.year import Planned, Year
from shared.database.engine import Database, Tenancy
from shared.idempotency import Ledger
from shared.tokens.caller import Caller
from shared.vault import Vault

LANES = 6
"""Steps under way at once: those of one consultation follow each other in one lane."""

PURPOSE = "financial_aid_application"
_COOPERATION = {
    ConsultationType.JOINT_PLANNING: Cooperation.INDIVIDUAL,
    ConsultationType.STUDY_TRANSITION: Cooperation.REFERRAL_ONLY,
}
_CLIENT = "year-simulator"
_HANDLERS_ASKING = 12
_UNLIMITED = Limits(1_000_000_000, 1_000_000_000)
_SWITCHBOARD = "0771-000 000"
_WORDS = "Påhittad text i ett simulerat år."
_BACKDATED = timedelta(seconds=20)
_MINUTES_TOLD = 600
_FARTHEST_KM = 180
_LEADER = "af-leder"
_FILLED = text(
    """
    SELECT (SELECT max(at) FROM consultation_event WHERE answering_org = :org AND client_id = :client) AS reached
    WHERE EXISTS (SELECT FROM consultation WHERE answering_org = :org)
    """
)

Effect = Callable[[AsyncConnection, Change], Awaitable[Consultation]]


class AlreadyFilled(Exception):
    """The database holds consultations: a year begins in an empty one, and one that was cut off is not gone on with.

    `reached` is the last day of a simulated year that is there; None when there is none.
    """

    def __init__(self, reached: date | None) -> None:
        super().__init__("a year begins in an empty database")
        self.reached = reached


@dataclass(frozen=True, slots=True)
class Progress:
    """After each simulated day: how many steps of how many, and which day it is."""

    done: int
    of: int
    day: date


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the year is played. `defaults` are the working seconds of every type, as the service is set."""

    database: Database
    vault: Vault
    answering: str
    defaults: dict[str, int]


@dataclass(slots=True)
class _Record:
    """What is known of a consultation that has been opened. `answer` is the sequence and time of its answer."""

    id: uuid.UUID
    version: int = 1
    meeting: uuid.UUID | None = None
    answer: tuple[int, datetime] | None = None


class _SteadyClocks(UnitClocks):
    """Nobody records a calendar or a target while a year is played, and its time runs too fast to look again."""

    _steady: Clockwork | None = None

    async def current(self, now: datetime) -> Clockwork:
        if self._steady is None:
            self._steady = await super().current(now)
        return self._steady


class Player:
    """Plays one year on one stage."""

    def __init__(self, stage: Stage, year: Year) -> None:
        self._stage, self._year = stage, year
        self._grounds = SimulatedGrounds({each.organisation: each for each in year.municipalities})
        self._clocks = _SteadyClocks(stage.database, stage.answering, stage.defaults)
        self._opening = OpenDependencies(
            database=stage.database,
            vault=stage.vault,
            ledger=Ledger(stage.vault),
            grounds=self._grounds,
            clocks=self._clocks,
            expectations=Expectations(stage.database),
            answering=stage.answering,
            limits=_UNLIMITED,
        )
        self._registering = RegisterDependencies(
            stage.answering, stage.database, stage.vault, self._grounds, self._clocks, _UNLIMITED
        )
        self._records: dict[int, _Record] = {}

    async def play(
        self,
        steps: Sequence[Planned],
        told: Callable[[Progress], Awaitable[None]],
    ) -> None:
        """Every step, a day at a time; `told` is awaited after each day. Raises AlreadyFilled."""
        async with self._stage.database.begin(Tenancy(self._stage.answering)) as connection:
            values = {"org": self._stage.answering, "client": _CLIENT}
            filled = (await connection.execute(_FILLED, values)).first()
        if filled is not None:
            raise AlreadyFilled(filled.reached and filled.reached.astimezone(SWEDEN).date())
        done, days = 0, self._year.days
        for made in self._interventions():
            await self._intervene(made)
        for day, planned in groupby(steps, key=lambda each: each.second // days.day_seconds):
            lanes: dict[int, list[Planned]] = defaultdict(list)
            for each in planned:
                lanes[_first_round(each.handled).question.number % LANES].append(each)
            await asyncio.gather(*(self._lane(lane) for lane in lanes.values()))
            done += sum(map(len, lanes.values()))
            await told(Progress(done, len(steps), days.days[day]))

    def _interventions(self) -> list[Intervention]:
        days = self._year.days.days
        chosen = self._year.parameters.interventions
        return [Intervention(each.name, days[int(each.after * len(days))], each.units) for each in chosen]

    async def _intervene(self, made: Intervention) -> None:
        """Registered as the day begins: before anything that it may have changed."""
        days = self._year.days
        caller = _caller(self._stage.answering, _LEADER)
        async with self._stage.database.begin(Tenancy(caller.organisation)) as connection:
            await register_intervention(connection, caller, made, days.openings[days.days.index(made.day)])

    async def _lane(self, steps: Sequence[Planned]) -> None:
        for each in steps:
            await self._step(each, self._year.days.instant(each.second))

    async def _step(self, planned: Planned, at: datetime) -> None:
        match planned.step:
            case Step.OPEN:
                await self._open(planned.handled, at)
            case Step.REOPEN:
                await self._reopen(planned.handled, at)
            case Step.REGISTER:
                await self._register(planned, at)
            case _:
                await self._change(planned, at)

    # --- what opens ------------------------------------------------------------------------------------------------

    async def _open(self, handled: Handled, at: datetime) -> None:
        question = handled.question
        asked = Asked(
            type=question.type,
            purpose=PURPOSE,
            case_reference=_case(question.number),
            text=_WORDS,
            person=invented_person(question.number),
            lookup_id=None,
            category=question.category,
            cooperation=_COOPERATION.get(question.type),
            form=invented_form(question.type, at.astimezone(SWEDEN).date()),
        )
        told = self._remember(question.number)
        await open_consultation(self._opening, _asker(handled), asked, at, attempt=None, told=told)

    async def _reopen(self, handled: Handled, at: datetime) -> None:
        if handled.follows is None:
            raise ValueError("a round follows another")
        before = self._records[handled.follows.question.number]
        change = await self._changing(_asker(handled), before, at)
        today = at.astimezone(SWEDEN).date()
        following = NextRound(_WORDS, invented_form(handled.question.type, today), today)
        told = self._remember(handled.question.number)
        await reopen_consultation(self._opening, change, following, attempt=None, told=told)
        before.version += 1

    def _remember(self, number: int) -> Callable[[Opened], Response]:
        def told(opened: Opened) -> Response:
            self._records[number] = _Record(opened.id)
            return Response()

        return told

    async def _register(self, planned: Planned, at: datetime) -> None:
        question = planned.handled.question
        registration = Registration(
            organisation=question.municipality.organisation,
            asked_by="",
            channel=question.channel,
            type=question.type,
            purpose=PURPOSE,
            case_reference=_case(question.number),
            person=invented_person(question.number),
            question=_WORDS,
            category=question.category,
            cooperation=_COOPERATION.get(question.type),
            form=invented_form(question.type, at.astimezone(SWEDEN).date()),
            happened_at=at - timedelta(seconds=planned.beside),
            minutes=_minutes(planned.handled),
            answer=AtOnce(_WORDS) if question.at_once else None,
        )
        caller = self._handler(planned)
        decision = await decide_registration(self._registering, caller, registration, at)
        clockwork = await self._clocks.current(at)
        async with self._stage.database.begin(Tenancy(caller.organisation)) as connection:
            made = await register(connection, self._registering, caller, registration, decision, clockwork, at)
        self._records[question.number] = _Record(made.id, made.consultation.version)

    # --- what changes ----------------------------------------------------------------------------------------------

    async def _change(self, planned: Planned, at: datetime) -> None:
        record = self._records[planned.handled.question.number]
        caller = _asker(planned.handled) if planned.handler is None else self._handler(planned)
        change = await self._changing(caller, record, at)
        async with self._stage.database.begin(Tenancy(caller.organisation)) as connection:
            after = await self._effect(planned, record, at)(connection, change)
        record.version = after.version
        if planned.step in (Step.ANSWER, Step.DISPATCH):
            record.answer = (after.version, at)

    def _effect(self, planned: Planned, record: _Record, at: datetime) -> Effect:
        simple = _SIMPLE.get(planned.step)
        if simple is not None:
            return simple
        match planned.step:
            case Step.BOOK_MEETING:
                record.meeting = uuid.uuid4()
                kind = MeetingKind.PHYSICAL if planned.handled.question.wish is Wish.MET else MeetingKind.THREE_PARTY
                return _booking(record.meeting, kind, self._year.days.instant(planned.beside))
            case Step.REQUEST_MEETING:
                return _asking_to_meet(planned.handled.question.number)
            case Step.HOLD_MEETING | Step.MISS_MEETING if record.meeting is not None:
                return _ending(record.meeting, missed=planned.step is Step.MISS_MEETING)
            case Step.CALL_BACK_REACHED:
                return _calling(CallBackOutcome.REACHED)
            case Step.CALL_BACK_FAILED:
                return _calling(CallBackOutcome.NOT_REACHED)
            case Step.CORRECT if record.answer is not None:
                return _correcting(
                    *record.answer, channel=Channel.PHONE if planned.handled.question.called_back else None
                )
            case _:
                raise ValueError(f"{planned.step} at {at} does not follow from what came before")

    async def _changing(self, caller: Caller, record: _Record, at: datetime) -> Change:
        clockwork = await self._clocks.current(at)
        return Change(caller, record.id, record.version, at, self._stage.vault, clockwork=clockwork)

    def _handler(self, planned: Planned) -> Caller:
        return _caller(self._stage.answering, planned.handler or "")


async def _ask_back(connection: AsyncConnection, change: Change) -> Consultation:
    return await ask_consultation_back(connection, change, _WORDS, DelayReason.QUESTION_INCOMPLETE)


async def _reply(connection: AsyncConnection, change: Change) -> Consultation:
    return await reply_to_question(connection, change, _WORDS)


async def _await_person(connection: AsyncConnection, change: Change) -> Consultation:
    return await await_person(connection, change, PersonWait.INFORMATION)


async def _resume(connection: AsyncConnection, change: Change) -> Consultation:
    return await resume_consultation(connection, change, Resumption.RECEIVED)


async def _triage(connection: AsyncConnection, change: Change) -> Consultation:
    return await triage_consultation(connection, change, None)


async def _answer(connection: AsyncConnection, change: Change) -> Consultation:
    return await answer_consultation(connection, change, _WORDS)


async def _dispatch(connection: AsyncConnection, change: Change) -> Consultation:
    return await record_dispatch(connection, replace(change, channel=Channel.POST), _WORDS)


async def _reject(connection: AsyncConnection, change: Change) -> Consultation:
    return await reject_consultation(connection, change, Rejection.NOT_FOR_THIS_AUTHORITY, None)


async def _refuse_meeting(connection: AsyncConnection, change: Change) -> Consultation:
    return await refuse_meeting(connection, change, MeetingRefusal.ANSWERED_OTHERWISE)


_SIMPLE: dict[Step, Effect] = {
    Step.TRIAGE: _triage,
    Step.CLAIM: claim_consultation,
    Step.RELEASE: release_consultation,
    Step.BEGIN_SECRECY_TEST: begin_secrecy_test,
    Step.END_SECRECY_TEST: end_secrecy_test,
    Step.ASK_BACK: _ask_back,
    Step.REPLY: _reply,
    Step.AWAIT_PERSON: _await_person,
    Step.RESUME: _resume,
    Step.REFUSE_MEETING: _refuse_meeting,
    Step.ANSWER: _answer,
    Step.DISPATCH: _dispatch,
    Step.REJECT: _reject,
    Step.WITHDRAW: withdraw_consultation,
    Step.CLOSE: close_consultation,
}


def _asking_to_meet(number: int) -> Effect:
    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await ask_for_meeting(connection, change, number * 37 % _FARTHEST_KM)

    return effect


def _booking(meeting: uuid.UUID, kind: MeetingKind, starts_at: datetime) -> Effect:
    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        who = (Participant.MUNICIPALITY, Participant.ANSWERING_AUTHORITY, Participant.PERSON)
        return await book_meeting(connection, change, Meeting(meeting, kind, who, Time(starts_at, 45)))

    return effect


def _ending(meeting: uuid.UUID, *, missed: bool) -> Effect:
    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        outcome, by = (MeetingOutcome.MISSED, Participant.PERSON) if missed else (MeetingOutcome.HELD, None)
        return await end_meeting(connection, change, meeting, outcome, by)

    return effect


def _calling(outcome: CallBackOutcome) -> Effect:
    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        after, _ = await call_back(connection, change, CallBack(_SWITCHBOARD, outcome, 5))
        return after

    return effect


def _correcting(sequence: int, at: datetime, *, channel: Channel | None) -> Effect:
    reason = CorrectionReason.WRONG_TIME if channel is None else CorrectionReason.WRONG_CHANNEL
    corrected = Corrected(sequence, reason, at - _BACKDATED if channel is None else None, channel)

    async def effect(connection: AsyncConnection, change: Change) -> Consultation:
        return await correct_event(connection, change, corrected)

    return effect


def _first_round(handled: Handled) -> Handled:
    while handled.follows is not None:
        handled = handled.follows
    return handled


def _asker(handled: Handled) -> Caller:
    question = _first_round(handled).question
    return _caller(question.municipality.organisation, f"hl-{question.number % _HANDLERS_ASKING + 1}")


def _caller(organisation: str, person: str) -> Caller:
    request = str(uuid.uuid4())
    return Caller(organisation, _CLIENT, frozenset(), request, person, request, "")


def _case(number: int) -> str:
    return f"SIM-{number:07}"


def _minutes(handled: Handled) -> int:
    return min(_MINUTES_TOLD, max(1, handled.question.work // 60))
