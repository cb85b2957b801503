"""Register what came by phone, by post or at an office: one request, in the name of the one who asked (R5).

The answering side writes it down, so the ground is decided for the organisation that asked, and the trail is seen by
both. Lead time runs from when it came, not from when it was registered.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation import scopes
from services.consultation.brake.count import COUNTED, brake_refusal, counted_values
from services.consultation.brake.domain import Braked, Limits
from services.consultation.clocks.counting import Clockwork, Rules
from services.consultation.clocks.story import due_when_opened
from services.consultation.clocks.timers import Timer, timers_when_due
from services.consultation.clocks.unit_clocks import UnitClocks
from services.consultation.clocks.zone import SWEDEN
from services.consultation.consultations import repository
from services.consultation.consultations.answer import answer_consultation
from services.consultation.consultations.changes import Change
from services.consultation.consultations.claim import claim_consultation
from services.consultation.consultations.cooperation import Cooperation
from services.consultation.consultations.disclosures.asked import named_sets
from services.consultation.consultations.disclosures.domain import Disclosure
from services.consultation.consultations.disclosures.repository import asked_values
from services.consultation.consultations.domain import (
    Action,
    Actor,
    Channel,
    Consultation,
    ConsultationType,
    State,
    event_of,
)
from services.consultation.consultations.forms.keeping import seal_form
from services.consultation.consultations.forms.models import Form
from services.consultation.consultations.messages import seal_message
from services.consultation.consultations.numbers import new_number
from services.consultation.consultations.placement import Placement, place
from services.consultation.consultations.reasons import AnswerClosing, ClosingCode
from services.consultation.grounds.domain import AskingOrganisation, Decision, Grounds
from services.consultation.persons.domain import PersonNumber
from services.consultation.persons.vault import mark_person, seal_person
from services.consultation.problems import NOT_ANSWERING, PROTECTED_IDENTITY
from services.consultation.question_categories import QuestionCategory
from shared.audit import AuditEntry
from shared.database.engine import Database, Tenancy
from shared.problems import SCOPE_MISSING, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

_NUMBER_TRIES = 3
_COUNT = text(f"SELECT {COUNTED} AS braked")
# Where the answer has been said when it is written down. To a letter it has not.
_SPOKEN = frozenset((Channel.PHONE, Channel.LOCAL_OFFICE))
_IS_PROTECTED = text("SELECT is_protected(:person_mark)")


@dataclass(frozen=True, slots=True)
class AtOnce:
    """What was answered while it came, with the decision on each set that was asked for by name.

    `attachments` can only be refused, as files that are not there: there was nothing to give them to.
    """

    text: str
    decided: Sequence[Disclosure] = ()
    closing: AnswerClosing = ClosingCode.ANSWERED
    attachments: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Registration:
    """What came. `organisation` asked, `asked_by` is the caller's handler id at its side, "" when it was not told.

    `form` is the one of its type. `happened_at` is when it came; `minutes` is the handler's time. `answer` when it was
    answered at once.
    """

    organisation: str
    asked_by: str
    channel: Channel
    type: ConsultationType
    purpose: str
    case_reference: str
    person: PersonNumber
    question: str
    category: QuestionCategory | None
    cooperation: Cooperation | None
    form: Form | None
    happened_at: datetime
    minutes: int
    answer: AtOnce | None

    @property
    def information_set(self) -> str:
        """What is asked for, as grounds know it."""
        return f"consultation.{self.type}"


@dataclass(frozen=True, slots=True)
class RegisterDependencies:
    """What registering needs of the world. `answering` is who may register for others."""

    answering: str
    database: Database
    vault: Vault
    grounds: Grounds
    clocks: UnitClocks
    limits: Limits


@dataclass(frozen=True, slots=True)
class Registered:
    """What the handler is told."""

    id: UUID
    number: str
    opened_at: datetime
    due_at: datetime
    target_seconds: int
    timers: tuple[Timer, ...]
    consultation: Consultation


async def decide_registration(
    needs: RegisterDependencies, caller: Caller, registration: Registration, now: datetime
) -> Decision:
    """The ground on which the one who asked may ask, with the person counted for the enumeration brake.

    Raises Problem for anybody but the answering authority: whoever else works a queue would write in others' names.
    And when there is no ground, when it comes to a queue that the caller can't see, when the brake holds, and when the
    person has protected identity: then nothing about her is written down.
    """
    if caller.organisation != needs.answering:
        raise Problem(NOT_ANSWERING)
    decision = await needs.grounds.decide(
        registration.organisation,
        registration.purpose,
        [registration.information_set],
        received_on=registration.happened_at.astimezone(SWEDEN).date(),
    )
    decision.require()
    _require_sight(caller, place(decision, registration.information_set))
    mark = mark_person(needs.vault, registration.person)
    counted = counted_values(caller, registration.case_reference, mark, needs.limits, now)
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        braked = (await connection.execute(_COUNT, counted)).scalar_one()
        protected = (await connection.execute(_IS_PROTECTED, {"person_mark": mark})).scalar_one()
    if braked is not None:
        raise await brake_refusal(
            needs.database,
            caller,
            Braked.read(braked if isinstance(braked, str) else json.dumps(braked)),
            needs.limits,
            object_type="consultation",
            purpose=registration.purpose,
            case_reference=registration.case_reference,
            person_mark=mark,
            now=now,
        )
    if protected:
        raise Problem(PROTECTED_IDENTITY, for_audit={"subject": mark})
    return decision


def _require_sight(caller: Caller, placement: Placement) -> None:
    """Whoever writes it down has it, and so must be let to see it."""
    if placement.restricted is not None and placement.restricted not in scopes.sight(caller.scopes):
        raise Problem(SCOPE_MISSING, members={"requiredScope": scopes.needed_for(placement.restricted)})


async def register(
    connection: AsyncConnection,
    needs: RegisterDependencies,
    caller: Caller,
    registration: Registration,
    decision: Decision,
    clockwork: Clockwork,
    now: datetime,
) -> Registered:
    """The consultation, claimed by the handler who registers it, and answered when it was answered at once.

    Raises Problem 409 when what came was a letter, and a second handler has to see the answer first; 422 when its
    decisions do not match the sets that were asked for. Nothing is written then.
    """
    for _ in range(_NUMBER_TRIES):
        registered = _registered(caller, registration, decision, clockwork.rules(registration.type.value, now), now)
        values = _values(needs, caller, registration, registered, decision, now)
        if await repository.register(connection, values):
            break
    else:
        raise RuntimeError("no free number was found")
    change = Change(
        caller,
        registered.id,
        1,
        now,
        needs.vault,
        registration.channel,
        happened_at=registration.happened_at,
        clockwork=clockwork,
    )
    after = await claim_consultation(connection, change)
    if registration.answer is not None:
        ended = min(now, registration.happened_at + timedelta(minutes=registration.minutes))
        answering = replace(change, expected_version=after.version, event_id=uuid4(), happened_at=ended)
        answer = registration.answer
        after = await answer_consultation(
            connection,
            answering,
            answer.text,
            answer.decided,
            answer.closing,
            answer.attachments,
            told_already=registration.channel in _SPOKEN,
        )
    return replace(registered, consultation=after)


def _registered(
    caller: Caller, registration: Registration, decision: Decision, rules: Rules, now: datetime
) -> Registered:
    unit = place(decision, registration.information_set).unit
    due = due_when_opened(rules, registration.happened_at, unit)
    new = uuid4()
    return Registered(
        id=new,
        number=new_number(now),
        opened_at=registration.happened_at,
        due_at=due.at,
        target_seconds=due.target.seconds,
        timers=timers_when_due(due, now, rules.calendar(unit)),
        consultation=Consultation(
            id=new,
            organisation=registration.organisation,
            answering=caller.organisation,
            state=State.RECEIVED,
            version=1,
            assigned_to=None,
            unit=unit,
        ),
    )


def _values(
    needs: RegisterDependencies,
    caller: Caller,
    registration: Registration,
    registered: Registered,
    decision: Decision,
    now: datetime,
) -> dict[str, Any]:
    asker: AskingOrganisation = decision.require()
    consultation = registered.consultation
    placement = place(decision, registration.information_set)
    mark = mark_person(needs.vault, registration.person)
    actor = Actor(
        organisation=caller.organisation,
        client_id=caller.client_id,
        person=caller.actor or "",
        at=now,
        event_id=uuid4(),
        channel=registration.channel,
        happened_at=registration.happened_at,
    )
    opened = event_of(Action.OPEN, actor, consultation, {"minutes": registration.minutes})
    audit = AuditEntry(
        event="consultation.opened",
        at=now,
        caller=caller,
        object_type="consultation",
        object_id=consultation.id,
        owner=consultation.organisation,
        subject=mark,
        detail={
            "purpose": registration.purpose,
            "caseReference": registration.case_reference,
            "type": registration.type.value,
            "category": registration.category.value if registration.category else None,
            "lookup": None,
            "decision": {"id": str(decision.id), "version": decision.version, "grounds": decision.grounds},
            "fields": ["person", "messages"],
        },
    )
    message = seal_message(needs.vault, consultation.id, 1, registration.question)
    return {
        **repository.event_values(opened, consultation, message, audit),
        "org": consultation.organisation,
        "id": consultation.id,
        "number": registered.number,
        "answering_org": consultation.answering,
        "type": registration.type.value,
        "question_category": registration.category.value if registration.category else None,
        "cooperation": registration.cooperation.value if registration.cooperation else None,
        "case_reference": registration.case_reference,
        "asked_by": registration.asked_by,
        "person_mark": mark,
        "person_sealed": seal_person(needs.vault, registration.person),
        "purpose": registration.purpose,
        "decision_id": decision.id,
        "decision_version": decision.version,
        "lookup_id": None,
        "lookup_outcomes": None,
        "af_items": [],
        "asker_name": asker.name,
        "asker_kind": asker.kind,
        "municipality_code": asker.municipality_code,
        "county_code": asker.county_code,
        "opened_at": registered.opened_at,
        "due_at": registered.due_at,
        "target_seconds": registered.target_seconds,
        "queue": placement.queue,
        "restricted": placement.restricted,
        "round": 1,
        "previous_id": None,
        "details_sealed": seal_form(needs.vault, consultation.id, registration.form) if registration.form else None,
        **asked_values(named_sets(registration.form)),
        "matter": None,
        # Whoever is spoken to is told by the one who answers.
        "expected_at": None,
        "expected_basis": None,
    }
