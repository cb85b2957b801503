"""The purposes of look-ups over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.clocks.zone import SWEDEN
from services.consultation.context import context_of
from services.consultation.lookups import examples
from services.consultation.lookups.purposes import PURPOSES, TAKES_OWN_PERIOD, Purpose
from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.wire import PeriodModel, TextsModel
from shared.http.bodies import WireModel
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["lookups"])

Asker = Annotated[Caller, Depends(Requires(scopes.LOOKUPS_CREATE, actor=False))]


class PurposeModel(WireModel):
    """What a look-up for the purpose asks. The periods are those that apply today when none is given.

    `defaultSourcePeriods` has the sources that are then asked for another period than `defaultPeriod`.
    """

    code: str
    texts: TextsModel
    allowed_sources: list[SourceCode]
    default_sources: list[SourceCode]
    period_required: bool
    default_period: PeriodModel | None
    default_source_periods: dict[SourceCode, PeriodModel]


class PurposesModel(WireModel):
    """All purposes, and the sources that can be asked for a period of their own."""

    purposes: list[PurposeModel]
    own_period_sources: list[SourceCode]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


@router.get(
    "/lookup-purposes",
    response_model=PurposesModel,
    responses={200: {"content": {"application/json": {"example": examples.PURPOSES}}}},
    summary="What look-ups may be for / Vad slagningar får göras för",
)
async def list_purposes(request: Request, _: Asker) -> Response:
    """Each purpose with the sources it may ask, those it asks when none is chosen, and the period that applies today.

    Varje ändamål med de källor som får frågas, de som frågas när ingen väljs, och den period som gäller i dag.
    """
    context = context_of(request)
    today = context.clock().astimezone(SWEDEN).date()
    told = PurposesModel(
        purposes=[_told(each, today) for each in PURPOSES.values()],
        own_period_sources=list(TAKES_OWN_PERIOD),
        links={"self": {"href": f"{context.base_url}/lookup-purposes"}},
    )
    return context.json(told)


def _told(purpose: Purpose, today: date) -> PurposeModel:
    period = purpose.default_period(today)
    return PurposeModel(
        code=purpose.code,
        texts=TextsModel(sv=purpose.words.sv, en=purpose.words.en),
        allowed_sources=list(purpose.sources),
        default_sources=list(purpose.default_sources),
        period_required=period is None,
        default_period=_period(period) if period else None,
        default_source_periods={
            source: _period(each) for source, each in purpose.default_source_periods(today).items()
        },
    )


def _period(period: Period) -> PeriodModel:
    return PeriodModel(from_=period.first, to=period.last)
