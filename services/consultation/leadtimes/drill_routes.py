"""From a figure to what it is made of, over HTTP: for who may read consultations one by one, and audited."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy import Row
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.turns import minutes
from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.repository import Reader
from services.consultation.leadtimes import examples
from services.consultation.leadtimes.asking import From, Narrowed, To, read_question
from services.consultation.leadtimes.cuts import Grouping
from services.consultation.leadtimes.drill import consultations_behind
from services.consultation.leadtimes.facts import within_target
from services.consultation.wire import Day, Instant
from shared.audit import AuditEntry, record
from shared.database.engine import Tenancy
from shared.http.bodies import WireModel
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, page_links, split_page
from shared.problems import SCOPE_MISSING, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lead-times"])

Links = Annotated[dict[str, dict[str, str]], Field(alias="_links")]


class CountedConsultation(WireModel):
    """One that a figure counts, with its part in it, and a link to the events that it is derived from."""

    consultation_id: uuid.UUID
    number: str
    type: ConsultationType
    unit: str
    answered_at: Instant
    total_minutes: int
    answering_authority_minutes: int
    municipality_minutes: int
    within_target: bool
    links: Links


class CountedConsultations(WireModel):
    """A page of what a figure counts."""

    from_: Annotated[Day, Field(alias="from")]
    to: Day
    consultations: list[CountedConsultation]
    links: Links


@router.get(
    "/lead-times/consultations",
    response_model=CountedConsultations,
    responses={200: {"content": {"application/json": {"example": examples.COUNTED}}}},
    summary="The consultations behind a figure / Samråden bakom en siffra",
)
async def list_counted_consultations(
    request: Request,
    caller: Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))],
    narrowed: Narrowed,
    from_: From = None,
    to: To = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """What the own organisation asked or answers, and was answered in the period; the newest answer first. Audited.

    What no list shows is not here either, so there can be fewer than the figure says.

    Vad den egna organisationen frågat eller besvarar, och som besvarats under perioden. Läsningen loggas. Det som inte
    står i någon lista står inte heller här, så de kan vara färre än siffran anger.
    """
    asked = read_question(request, caller, from_, to, Grouping.NONE, narrowed)
    context, place = asked.context, decode_cursor(cursor)
    if asked.reader.party_to_all and scopes.QUEUE_WORK.name not in caller.scopes:
        raise Problem(SCOPE_MISSING, members={"requiredScope": scopes.QUEUE_WORK.name})
    async with context.database.begin(Tenancy(caller.organisation)) as connection:
        rows = await consultations_behind(
            connection,
            Reader.of(caller),
            asked.period,
            narrowed.by_cut,
            place,
            limit + 1,
            answering=asked.reader.party_to_all,
        )
        shown, more = split_page(rows, limit)
        entry = AuditEntry(
            event="lead_times.drilled",
            at=context.clock(),
            caller=caller,
            object_type="lead_times",
            detail={
                "from": str(asked.period.first),
                "to": str(asked.period.last),
                "narrowed": {cut.value: key for cut, key in narrowed.by_cut.items()},
                "numbers": [row.number for row in shown],
            },
        )
        await record(connection, entry)
    next_cursor = encode_cursor(shown[-1].answered_at, shown[-1].id) if more else None
    parameters = {**asked.parameters, "groupBy": None, "limit": limit, "cursor": cursor}
    page = CountedConsultations(
        from_=asked.period.first,
        to=asked.period.last,
        consultations=[_counted(row, context.base_url) for row in shown],
        links=page_links(f"{context.base_url}/lead-times/consultations", parameters, next_cursor),
    )
    return context.json(page)


def _counted(row: Row[Any], base_url: str) -> CountedConsultation:
    address = f"{base_url}/consultations/{row.id}"
    return CountedConsultation(
        consultation_id=row.id,
        number=row.number,
        type=row.type,
        unit=row.unit,
        answered_at=row.answered_at,
        total_minutes=minutes(row.total_seconds),
        answering_authority_minutes=minutes(row.answering_seconds),
        municipality_minutes=minutes(row.asking_seconds),
        within_target=within_target(row._asdict()),
        links={"self": {"href": address}, "events": {"href": f"{address}/events"}},
    )
