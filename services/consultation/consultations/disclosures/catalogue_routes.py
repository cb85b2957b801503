"""The catalogue of information sets over HTTP."""

from fastapi import APIRouter, Response
from starlette.requests import Request

from services.consultation.consultations.disclosures.wire import CATALOGUE_EXAMPLE, Catalogue, CataloguedSet
from services.consultation.consultations.information_sets import FACTS, WORDS, InformationSet
from services.consultation.context import context_of
from services.consultation.wire import TextsModel

router = APIRouter(tags=["code-lists"])


@router.get(
    "/information-sets",
    response_model=Catalogue,
    responses={200: {"content": {"application/json": {"example": CATALOGUE_EXAMPLE}}}},
    summary="The catalogue of information sets / Katalogen över informationsmängder",
)
async def list_information_sets(request: Request) -> Response:
    """What can be asked for, set by set: whether a look-up tells it, on what it rests, and how sensitive it is.

    Vad som kan begäras, mängd för mängd: om en slagning ger det, vad det vilar på och hur känsligt det är.
    """
    context = context_of(request)
    model = Catalogue(
        information_sets=[
            CataloguedSet(
                code=each,
                texts=TextsModel(sv=WORDS[each].sv, en=WORDS[each].en),
                in_registers=FACTS[each].in_registers,
                legal_basis=FACTS[each].legal_basis,
                basis_without_consent=FACTS[each].basis(consent=False),
                sensitivity=FACTS[each].sensitivity,
                default_channel=FACTS[each].default_channel,
            )
            for each in InformationSet
        ],
        links={"self": {"href": f"{context.base_url}/information-sets"}},
    )
    return context.json(model)
