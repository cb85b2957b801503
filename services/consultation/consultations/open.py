"""Open: a municipality asks what the registers don't say, and has a number and a due date at once (R82).

Bound to a look-up it carries the look-up's id, the state of each source and the names of AF's items, all
from the stored look-up and never from the caller; another source's content has no way in.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from asyncpg import UniqueViolationError
from sqlalchemy import Row
from starlette.responses import Response

from services.consultation.brake.count import brake_refusal
from services.consultation.brake.domain import Braked, Limits
from services.consultation.clocks.story import due_when_opened
from services.consultation.clocks.timers import Timer, timers_when_due
from services.consultation.clocks.unit_clocks import UnitClocks
from services.consultation.consultations import repository
from services.consultation.consultations.cooperation import Cooperation
from services.consultation.consultations.disclosures.asked import named_sets
from services.consultation.consultations.disclosures.repository import asked_values
from services.consultation.consultations.domain import (
    Action,
    Actor,
    Consultation,
    ConsultationType,
    Restricted,
    State,
    event_of,
)
from services.consultation.consultations.forms.keeping import seal_form
from services.consultation.consultations.forms.models import Form
from services.consultation.consultations.messages import seal_message
from services.consultation.consultations.numbers import new_number
from services.consultation.consultations.placement import Placement, place
from services.consultation.consultations.violence_matters import ViolenceMatter
from services.consultation.expected.domain import Expectation
from services.consultation.expected.expectations import Expectations
from services.consultation.grounds.domain import AskingOrganisation, Decision, Grounds
from services.consultation.lookups.repository import find as find_lookup
from services.consultation.persons.domain import PersonNumber
from services.consultation.persons.vault import mark_person, seal_person
from services.consultation.problems import HIDDEN_OTHERWISE, LOOKUP_NOT_USABLE, PROTECTED_IDENTITY
from services.consultation.question_categories import QuestionCategory
from shared.audit import AuditEntry
from shared.database.engine import Database, Tenancy
from shared.idempotency import KEPT, Attempt, Ledger
from shared.problems import IDEMPOTENCY_IN_PROGRESS, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault

NUMBER_TRIES = 3


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `person` may be left out when a look-up tells who it is about. `category` is the asker's own.

    With `matter` it is marked for violence, and asks by that code and without words.
    """

    type: ConsultationType
    purpose: str
    case_reference: str
    text: str | None
    person: PersonNumber | None
    lookup_id: uuid.UUID | None
    category: QuestionCategory | None = None
    cooperation: Cooperation | None = None
    form: Form | None = None
    matter: ViolenceMatter | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What the asker is told."""

    id: uuid.UUID
    number: str
    opened_at: datetime
    due_at: datetime
    target_seconds: int
    timers: tuple[Timer, ...]
    expected: Expectation
    working_day_seconds: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class OpenDependencies:
    """What opening needs of the world."""

    database: Database
    vault: Vault
    ledger: Ledger
    grounds: Grounds
    clocks: UnitClocks
    expectations: Expectations
    answering: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Subject:
    """Who it is about, sealed, and what the look-up brings along."""

    mark: bytes
    sealed: bytes
    outcomes: str | None = None
    af_items: Sequence[str] = field(default_factory=list)

    def with_only(self, opened: frozenset[str]) -> "Subject":
        """Of what the look-up brings along, the pieces that the ground opens."""
        return replace(
            self,
            outcomes=self.outcomes if "lookupSources" in opened else None,
            af_items=self.af_items if "afItems" in opened else [],
        )

    def brought(self) -> list[str]:
        """The names of the pieces that the look-up brings along."""
        return [*(["lookupSources"] if self.outcomes else []), *(["afItems"] if self.af_items else [])]


async def open_consultation(
    needs: OpenDependencies,
    caller: Caller,
    question: Question,
    now: datetime,
    *,
    attempt: Attempt | None,
    told: Callable[[Opened], Response],
) -> Response:
    """The answer to the asker, rendered by `told`, or the kept one when the request has been carried out before.

    Raises Problem when there is no ground, when the look-up is not usable, when the brake holds, and when the person
    has protected identity: such questions go by phone.
    """
    try:
        decision = await needs.grounds.decide(caller.organisation, question.purpose, [information_set_of(question)])
        asker = decision.require()
        opened_fields = decision.opens(information_set_of(question))
        subject = (await _subject(needs, caller, question)).with_only(opened_fields)
    except Problem:
        if attempt is not None and (kept := await carried_out(needs, caller, attempt, now)):
            return kept
        raise
    placement = placed(question, decision)
    for _ in range(NUMBER_TRIES):
        opened = await new_receipt(needs, question, placement, now)
        response = told(opened)
        values = opening_values(needs, caller, question, opened, subject, decision, asker)
        if attempt is not None:
            values |= _once_values(needs.ledger, caller, attempt, response, now)
        try:
            outcome = await repository.open_once(needs.database.single, values, keyed=attempt is not None)
        except UniqueViolationError as fault:
            if fault.constraint_name != "consultation_number":
                raise
            continue
        if outcome is repository.Opening.OPENED:
            return response
        # What has been carried out once answers the same, also when it would be refused today.
        if attempt is not None and (kept := await carried_out(needs, caller, attempt, now)):
            return kept
        raise await _refusal(needs, caller, question, subject, outcome, now)
    raise RuntimeError("no free number was found")


async def _refusal(
    needs: OpenDependencies,
    caller: Caller,
    question: Question,
    subject: Subject,
    outcome: repository.Opening | Braked,
    now: datetime,
) -> Problem:
    if isinstance(outcome, Braked):
        return await brake_refusal(
            needs.database,
            caller,
            outcome,
            needs.limits,
            object_type="consultation",
            purpose=question.purpose,
            case_reference=question.case_reference,
            person_mark=subject.mark,
            now=now,
        )
    if outcome is repository.Opening.KEY_USED:
        return Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "1"})
    # To leave the look-up out must not lead past what it told.
    return Problem(PROTECTED_IDENTITY, for_audit={"subject": subject.mark})


def information_set_of(question: Question) -> str:
    """What the decision on its ground is about."""
    return f"consultation.{question.type}"


def placed(question: Question, decision: Decision) -> Placement:
    """Where it comes, and as what it is hidden. Raises Problem 409 when its queue hides it from others already."""
    placement = place(decision, information_set_of(question))
    if question.matter is None:
        return placement
    if placement.restricted is not None:
        raise Problem(HIDDEN_OTHERWISE, members={"restricted": placement.restricted})
    return replace(placement, restricted=Restricted.VIOLENCE)


async def new_receipt(needs: OpenDependencies, question: Question, placement: Placement, now: datetime) -> Opened:
    """An id, a number, a due date and what can be expected, for what is opened now."""
    rules = (await needs.clocks.current(now)).rules(question.type.value, now)
    due = due_when_opened(rules, now, placement.unit)
    calendar = rules.calendar(placement.unit)
    running = timers_when_due(due, now, calendar)
    expected = await needs.expectations.of(
        question.type.value, placement.unit, calendar, opened_at=now, due_at=due.at, now=now
    )
    return Opened(
        id=uuid.uuid4(),
        number=new_number(now),
        opened_at=now,
        due_at=due.at,
        target_seconds=due.target.seconds,
        timers=running,
        expected=expected,
        working_day_seconds=calendar.working_day_seconds,
    )


async def _subject(needs: OpenDependencies, caller: Caller, question: Question) -> Subject:
    if question.lookup_id is None:
        if question.person is None:
            raise Problem(LOOKUP_NOT_USABLE)
        return Subject(mark_person(needs.vault, question.person), seal_person(needs.vault, question.person))
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        row = await find_lookup(connection, caller.organisation, question.lookup_id)
    if row is None or row.answered_at is None or row.case_reference != question.case_reference:
        raise _not_usable(question.lookup_id)
    return _from_lookup(needs.vault, row, question.person)


def _from_lookup(vault: Vault, row: Row[Any], person: PersonNumber | None) -> Subject:
    if person is not None and mark_person(vault, person) != row.person_mark:
        raise _not_usable(row.id)
    return Subject(row.person_mark, row.person_sealed, json.dumps(row.outcomes), row.af_items)


def _not_usable(lookup_id: uuid.UUID) -> Problem:
    # Somebody may be trying which look-ups there are.
    return Problem(LOOKUP_NOT_USABLE, for_audit={"objectId": lookup_id})


def opening_values(
    needs: OpenDependencies,
    caller: Caller,
    question: Question,
    opened: Opened,
    subject: Subject,
    decision: Decision,
    asker: AskingOrganisation,
) -> dict[str, Any]:
    """What is written when it is opened, as `repository.OPEN` takes it."""
    actor = Actor(caller.organisation, caller.client_id, caller.actor or "", opened.opened_at, uuid.uuid4())
    placement = placed(question, decision)
    consultation = Consultation(
        opened.id, caller.organisation, needs.answering, State.RECEIVED, opened.version, None, unit=placement.unit
    )
    event = event_of(Action.OPEN, actor, consultation)
    audit = _audit(caller, question, opened, subject, decision)
    message = seal_message(needs.vault, opened.id, opened.version, question.text) if question.text else None
    return {
        **repository.event_values(event, consultation, message, audit, opened.timers),
        "org": caller.organisation,
        "id": opened.id,
        "number": opened.number,
        "answering_org": needs.answering,
        "type": question.type.value,
        "question_category": question.category.value if question.category else None,
        "cooperation": question.cooperation.value if question.cooperation else None,
        "case_reference": question.case_reference,
        "asked_by": caller.actor,
        "person_mark": subject.mark,
        "person_sealed": subject.sealed,
        "purpose": question.purpose,
        "decision_id": decision.id,
        "decision_version": decision.version,
        "lookup_id": question.lookup_id,
        "lookup_outcomes": subject.outcomes,
        "af_items": list(subject.af_items),
        "asker_name": asker.name,
        "asker_kind": asker.kind,
        "municipality_code": asker.municipality_code,
        "county_code": asker.county_code,
        "opened_at": opened.opened_at,
        "due_at": opened.due_at,
        "target_seconds": opened.target_seconds,
        "queue": placement.queue,
        "restricted": placement.restricted,
        "round": 1,
        "previous_id": None,
        **asked_values(named_sets(question.form)),
        "expected_at": opened.expected.at if opened.expected.stated else None,
        "expected_basis": opened.expected.basis.value if opened.expected.stated else None,
        "details_sealed": seal_form(needs.vault, opened.id, question.form) if question.form else None,
        "matter": question.matter.value if question.matter else None,
        "asked_at": opened.opened_at,
        **needs.limits.values(),
    }


def _once_values(ledger: Ledger, caller: Caller, attempt: Attempt, response: Response, now: datetime) -> dict[str, Any]:
    kept = ledger.kept(response)
    return {
        "client_id": caller.client_id,
        "key_hash": attempt.key_hash,
        "request_hash": attempt.request_hash,
        "kept_status": kept["status"],
        "kept_headers": kept["headers"],
        "kept_body": kept["body"],
        "expires": now + KEPT,
    }


async def carried_out(needs: OpenDependencies, caller: Caller, attempt: Attempt, now: datetime) -> Response | None:
    """The kept answer, when the request has been carried out before."""
    async with needs.database.begin(Tenancy(caller.organisation)) as connection:
        return await needs.ledger.waiting(connection, caller, attempt, now)


def _audit(caller: Caller, question: Question, opened: Opened, subject: Subject, decision: Decision) -> AuditEntry:
    return AuditEntry(
        event="consultation.opened",
        at=opened.opened_at,
        caller=caller,
        object_type="consultation",
        object_id=opened.id,
        subject=subject.mark,
        detail={
            "purpose": question.purpose,
            "caseReference": question.case_reference,
            "type": question.type.value,
            "category": question.category.value if question.category else None,
            "lookup": str(question.lookup_id) if question.lookup_id else None,
            "decision": {"id": str(decision.id), "version": decision.version, "grounds": decision.grounds},
            "fields": ["person", "messages", *subject.brought()],
        },
    )
