"""Agreements over HTTP."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.agreements.days import swedish_day
from services.agreements.grounds.legal_bases import LegalBasis, warning
from services.agreements.grounds.legal_bases_repository import legal_bases
from services.agreements.grounds.legal_bases_wire import basis_warning
from services.agreements.register import register_agreement as use_case
from services.agreements.register import repository
from services.agreements.register.domain import Agreement
from services.agreements.register.wire import (
    AGREEMENT_BODY_EXAMPLE,
    AGREEMENT_EXAMPLE,
    AGREEMENTS_EXAMPLE,
    AgreementAnswer,
    AgreementBody,
    AgreementPage,
    Kind,
    agreement_members,
)
from services.agreements.scopes import AGREEMENTS_READ, AGREEMENTS_WRITE
from services.agreements.wire import MUNICIPALITY, answered, links
from services.agreements.wiring import Wired, Wiring
from shared.database.engine import Tenancy
from shared.http.bodies import JsonBody
from shared.http.conditions import etag
from shared.http.paging import Cursor, Limit, decode_cursor, encode_cursor, split_page
from shared.idempotency import OnceOnly
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["agreements"])

Reader = Annotated[Caller, Depends(Requires(AGREEMENTS_READ, actor=False))]
Writer = Annotated[Caller, Depends(Requires(AGREEMENTS_WRITE))]


def agreement_answer(
    agreement: Agreement, bases: Mapping[str, LegalBasis], today: date, wired: Wiring
) -> AgreementAnswer:
    """The whole answer, warnings included."""
    warned = (warning(bases, bases[each], agreement.valid_from) for each in agreement.legal_bases)
    address = f"{wired.settings.api_url}/agreements/{agreement.id}"
    told = {
        "inForce": agreement.in_force(today),
        "warnings": [basis_warning(each) for each in warned if each is not None],
        "_links": links(address, {}),
    }
    return AgreementAnswer.model_validate({**agreement_members(agreement), **told})


@router.get("/agreements", summary="List agreements / Lista överenskommelser", responses=answered(AGREEMENTS_EXAMPLE))
async def list_agreements(
    wired: Wired,
    caller: Reader,
    on: Annotated[date | None, Query(description="Only those in force / Bara de som gäller den dagen")] = None,
    kind: Annotated[Kind | None, Query(description="Kind / Slag")] = None,
    municipality_code: Annotated[
        str | None,
        Query(alias="municipalityCode", pattern=MUNICIPALITY, description="Covers it / Omfattar kommunen"),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> AgreementPage:
    """Published agreements, and those to which your organisation is a party. Newest first.

    Publicerade överenskommelser, och dem som er organisation är part i. De nyaste först.
    """
    after = decode_cursor(cursor)
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await repository.agreements_page(
            connection,
            caller.organisation,
            on=on,
            kind=kind,
            municipality_code=municipality_code,
            after=after,
            rows=limit + 1,
        )
        bases = await legal_bases(connection)
    page, more = split_page(found, limit)
    parameters = {"on": on, "kind": kind, "municipalityCode": municipality_code, "limit": limit, "cursor": cursor}
    following = encode_cursor(page[-1].created_at, page[-1].id) if more else None
    today = swedish_day(wired.clock())
    return AgreementPage(
        items=[agreement_answer(agreement, bases, today, wired) for agreement in page],
        links=links(f"{wired.settings.api_url}/agreements", parameters, following),
    )


@router.get(
    "/agreements/{agreementId}",
    summary="Read an agreement / Läs en överenskommelse",
    responses=answered(AGREEMENT_EXAMPLE),
)
async def read_agreement(
    wired: Wired, caller: Reader, agreement_id: Annotated[UUID, Path(alias="agreementId")], response: Response
) -> AgreementAnswer:
    """One agreement, with its version as ETag. One that you may not see answers like one that does not exist.

    En överenskommelse, med version som ETag. En som ni inte får se svarar som en som inte finns.
    """
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:
        found = await repository.find(connection, caller.organisation, agreement_id)
        bases = await legal_bases(connection)
    if found is None:
        raise Problem(NOT_FOUND)
    response.headers["ETag"] = etag(found.version)
    return agreement_answer(found, bases, swedish_day(wired.clock()), wired)


@router.post(
    "/agreements",
    status_code=201,
    summary="Register an agreement / Registrera en överenskommelse",
    response_model=AgreementAnswer,
    responses=answered(AGREEMENT_EXAMPLE, 201, "Registered, with Location and ETag / Registrerad"),
)
async def register_agreement(
    wired: Wired,
    caller: Writer,
    body: Annotated[AgreementBody, Depends(JsonBody(AgreementBody, AGREEMENT_BODY_EXAMPLE))],
    attempt: OnceOnly,
) -> Response:
    """Register a draft or a signed agreement to which your organisation is a party.

    A legal basis that is not in force on `validFrom` gives a warning with its replacement.

    Registrera ett utkast eller en undertecknad överenskommelse som er organisation är part i.
    Ett rättsligt stöd som inte gäller när överenskommelsen börjar ger en varning med ersättaren.
    """
    now = wired.clock()
    async with wired.database.begin(Tenancy(caller.organisation)) as connection:

        async def effect() -> Response:
            registered = await use_case.register_agreement(connection, caller, body.proposal(), now)
            return _created(agreement_answer(registered, await legal_bases(connection), swedish_day(now), wired))

        return await wired.ledger.once(connection, caller, attempt, now, effect)


def _created(answer: AgreementAnswer) -> Response:
    return Response(
        answer.model_dump_json(by_alias=True),
        status_code=201,
        headers={"Location": answer.links["self"].href, "ETag": etag(answer.version)},
        media_type="application/json",
    )
