"""Legal bases over HTTP, public, and the decision, for the services."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from services.agreements.days import swedish_day
from services.agreements.grounds.decide import decide
from services.agreements.grounds.legal_bases import warning
from services.agreements.grounds.legal_bases_repository import legal_bases
from services.agreements.grounds.legal_bases_wire import (
    LEGAL_BASES_EXAMPLE,
    LEGAL_BASIS_EXAMPLE,
    LegalBasisAnswer,
    LegalBasisList,
    basis_warning,
    members,
    summary,
)
from services.agreements.grounds.wire import (
    DECISION_BODY_EXAMPLE,
    DECISION_EXAMPLE,
    DecisionAnswer,
    DecisionBody,
    decision_answer,
)
from services.agreements.scopes import DECISIONS_MAKE
from services.agreements.wire import OnDay, answered, links
from services.agreements.wiring import Wired
from shared.http.bodies import JsonBody
from shared.http.conditions import etag
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["grounds"])

Decider = Annotated[Caller, Depends(Requires(DECISIONS_MAKE, actor=False))]


@router.get("/legal-bases", summary="List legal bases / Lista rättsliga stöd", responses=answered(LEGAL_BASES_EXAMPLE))
async def list_legal_bases(
    wired: Wired,
    on: Annotated[date | None, Query(description="Only those in force / Bara de som gäller den dagen")] = None,
) -> LegalBasisList:
    """Legal bases with their validity. Not legal advice.

    Rättsliga stöd med giltighetstid. Ersätter inte egen juridisk bedömning.
    """
    async with wired.database.without_tenant() as connection:
        found = await legal_bases(connection)
    return LegalBasisList(
        on=on,
        items=[summary(basis) for basis in found.values() if on is None or basis.in_force(on)],
        links=links(f"{wired.settings.api_url}/legal-bases", {"on": on}),
    )


@router.get(
    "/legal-bases/{legalBasisId}",
    summary="Read a legal basis / Läs ett rättsligt stöd",
    responses=answered(LEGAL_BASIS_EXAMPLE),
)
async def read_legal_basis(
    wired: Wired, basis_id: Annotated[str, Path(alias="legalBasisId", max_length=60)], on: OnDay = None
) -> LegalBasisAnswer:
    """One legal basis, with a warning and the replacement when it is not in force on the day.

    Ett rättsligt stöd, med varning och ersättare när det inte gäller den dagen.
    """
    day = on or swedish_day(wired.clock())
    async with wired.database.without_tenant() as connection:
        found = await legal_bases(connection)
    basis = found.get(basis_id)
    if basis is None:
        raise Problem(NOT_FOUND)
    warned = warning(found, basis, day)
    told = {
        "on": day,
        "in_force": warned is None,
        "warning": warned and basis_warning(warned),
        "_links": links(f"{wired.settings.api_url}/legal-bases/{basis.id}", {"on": on}),
    }
    return LegalBasisAnswer.model_validate({**members(basis), **told})


@router.post(
    "/decisions",
    summary="Decide whether an organisation may ask / Avgör om en organisation får fråga",
    responses=answered(DECISION_EXAMPLE),
)
async def make_decision(
    wired: Wired,
    _: Decider,
    body: Annotated[DecisionBody, Depends(JsonBody(DecisionBody, DECISION_BODY_EXAMPLE))],
    response: Response,
) -> DecisionAnswer:
    """Internal, once per exchange: may the organisation ask for these information sets for this purpose, today?

    A refusal is an answer too: what no ground in force permits is not permitted, and the item says why.

    Internt, en gång per utbyte: får organisationen begära de här informationsmängderna för ändamålet, i dag?
    Ett nej är också ett svar; det som inget gällande stöd medger är inte tillåtet, och skälet anges.
    """
    decision = await decide(
        wired.database,
        number=body.organisation,
        purpose=body.purpose,
        information_sets=body.information_sets,
        now=wired.clock(),
        stated_law=body.stated_law,
        received_on=body.received_on,
    )
    response.headers["ETag"] = etag(decision.version)
    return decision_answer(decision)
