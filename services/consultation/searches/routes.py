"""Searching over HTTP. All of it stands in the body: a person's number never travels in an address."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy import Row
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.consultations import examples
from services.consultation.consultations.models import ConsultationSummary, summary_values
from services.consultation.consultations.repository import Reader
from services.consultation.context import Context, context_of
from services.consultation.lookups.domain import disclosure_marks
from services.consultation.persons.vault import mark_person
from services.consultation.problems import SEARCH_INVALID
from services.consultation.searches import repository
from services.consultation.searches.braked import brake_search
from services.consultation.searches.domain import Numbers, SearchBy, SearchPurpose
from services.consultation.wire import CaseReference, PersonText, read_person
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody, WireModel
from shared.http.paging import LimitInBody
from shared.problems import SCOPE_MISSING, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["consultations"])

_SEARCH: dict[str, Any] = {"number": "S26-7K3M"}
_FOUND: dict[str, Any] = {"consultations": [examples.SUMMARY], "more": False}


class SearchRequest(WireModel):
    """One thing to go by. `number` may be the beginning of one. `purpose` is stated with `person`."""

    number: Annotated[str, Field(max_length=20, description="From its beginning / Från början")] | None = None
    case_reference: CaseReference | None = None
    person: PersonText | None = None
    handler: Annotated[str, Field(max_length=64, description="As in Samrad-Handler")] | None = None
    purpose: SearchPurpose | None = None
    limit: LimitInBody = 20


class FoundConsultations(WireModel):
    """What was found, newest first, or by number. `more` when there is more than was asked for."""

    consultations: list[ConsultationSummary]
    more: bool


@router.post(
    "/consultation-searches",
    response_model=FoundConsultations,
    responses={200: {"content": {"application/json": {"example": _FOUND}}}},
    summary="Search for consultations / Sök samråd",
)
async def search_consultations(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    body: Annotated[SearchRequest, Depends(JsonBody(SearchRequest, _SEARCH))],
) -> Response:
    """By number or its beginning, by one's own case, by person, or, for who works the queue, by handler.

    Among what one's own organisation has asked, and with `samrad:queue.work` also what is put to it. Each search is
    audited, by person with its purpose, and who searches for too many persons is stopped. Restricted consultations,
    and persons with protected identity, are found only with the scope for them.

    På nummer eller dess början, på eget ärende, på person eller, för den som arbetar i kön, på handläggare. Varje
    sökning loggas, på person med sitt ändamål, och den som söker för många personer stoppas.
    """
    context = context_of(request)
    by, values = _criterion(context, caller, body)
    if body.purpose is not None and by is SearchBy.PERSON:
        await brake_search(context.database, caller, values["mark"], body.purpose, context.limits, context.clock())
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await repository.search(
            connection,
            Reader.of(caller),
            by,
            values,
            answering=scopes.QUEUE_WORK.name in caller.scopes,
            sees_protected=scopes.PROTECTED_READ.name in caller.scopes,
            rows=body.limit + 1,
        )
        shown = rows[: body.limit]
        await record(connection, _searching(context, caller, body, by, values, shown))
    model = FoundConsultations(
        consultations=[
            ConsultationSummary(**summary_values(row, caller.organisation, row.org, context.base_url)) for row in shown
        ],
        more=len(rows) > body.limit,
    )
    return context.json(model)


def _criterion(context: Context, caller: Caller, body: SearchRequest) -> tuple[SearchBy, dict[str, Any]]:
    """What it goes by, and the values. Raises Problem for none, for two, and for a person without a purpose."""
    stated = [by for by in SearchBy if getattr(body, _MEMBERS[by]) is not None]
    if len(stated) != 1:
        errors = [{"field": by.value, "reason": "one_of"} for by in stated or SearchBy]
        raise Problem(SEARCH_INVALID, members={"errors": errors})
    if body.person is not None:
        if body.purpose is None:
            raise Problem(SEARCH_INVALID, members={"errors": [{"field": "purpose", "reason": "missing"}]})
        return SearchBy.PERSON, {"mark": mark_person(context.vault, read_person(body.person))}
    if body.number is not None:
        numbers = Numbers.parse(body.number)
        return SearchBy.NUMBER, {"first": numbers.first, "last": numbers.last}
    if body.handler is not None:
        if scopes.QUEUE_WORK.name not in caller.scopes:
            raise Problem(SCOPE_MISSING, members={"requiredScope": scopes.QUEUE_WORK.name})
        return SearchBy.HANDLER, {"handler": body.handler}
    return SearchBy.CASE, {"case": body.case_reference}


_MEMBERS = {
    SearchBy.NUMBER: "number",
    SearchBy.CASE: "case_reference",
    SearchBy.PERSON: "person",
    SearchBy.HANDLER: "handler",
}


def _searching(
    context: Context,
    caller: Caller,
    body: SearchRequest,
    by: SearchBy,
    values: dict[str, Any],
    found: Sequence[Row[Any]],
) -> AuditEntry:
    purpose = {"purpose": body.purpose.value} if body.purpose else {}
    marks = disclosure_marks(protected=any(row.protected for row in found), withheld=False)
    return AuditEntry(
        event="consultation.searched",
        at=context.clock(),
        caller=caller,
        object_type="consultation",
        subject=values.get("mark"),
        detail={"by": by.value, "found": len(found), **purpose, **marks},
    )
