"""Channel advice over HTTP. It is told by marks alone: nothing here knows who the question is about."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation import scopes
from services.consultation.channels.ladder import Ladder, Mark, Step, read_ladder
from services.consultation.clocks.domain import FIRST_YEAR, LAST_YEAR
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.consultations.domain import ConsultationType
from services.consultation.context import context_of
from services.consultation.problems import PERIOD_INVALID
from services.consultation.wire import Instant, TextsModel
from shared.http.bodies import WireModel
from shared.http.paging import page_links
from shared.problems import Problem
from shared.tokens.caller import Caller, Requires

router = APIRouter(tags=["channels"])
Reader = Annotated[Caller, Depends(Requires(scopes.CONSULTATIONS_READ))]


class AdvisedChannel(WireModel):
    """An allowed channel. `opensAt` is null while it is open."""

    order: int
    channel: Step
    open_now: bool
    opens_at: Instant | None
    reason: TextsModel


class LeftOutChannel(WireModel):
    """A channel of the ladder that this question may not take."""

    channel: Step
    reason: TextsModel


class ChannelAdvice(WireModel):
    """The allowed channels, the lowest step first."""

    type: ConsultationType
    at: Instant
    channels: list[AdvisedChannel]
    left_out: list[LeftOutChannel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


_EXAMPLE: dict[str, Any] = {
    "type": "information_request",
    "at": "2026-11-20T16:30:00Z",
    "channels": [
        {
            "order": 1,
            "channel": "phone",
            "openNow": False,
            "opensAt": "2026-11-23T07:00:00Z",
            "reason": {
                "sv": "Ring myndighetslinjen: ni blir motringda genom er växel",
                "en": "Call the authority line: you are called back through your switchboard",
            },
        }
    ],
    "leftOut": [
        {
            "channel": "form",
            "reason": {
                "sv": "Personen har skyddade personuppgifter: sådana frågor går bara per telefon",
                "en": "The person has protected identity: such questions go by phone only",
            },
        }
    ],
    "_links": {"self": {"href": "https://samrad.example/consultation/v1/channel-advice?type=information_request"}},
}


@cache
def ladder() -> Ladder:
    """The ladder that ships, on the Swedish calendar."""
    return read_ladder(swedish_calendar)


@router.get(
    "/channel-advice",
    response_model=ChannelAdvice,
    responses={200: {"content": {"application/json": {"example": _EXAMPLE}}}},
    summary="Which channel to choose / Vilken kanal som ska väljas",
)
async def get_channel_advice(
    request: Request,
    _: Reader,
    type: ConsultationType = ConsultationType.INFORMATION_REQUEST,  # noqa: A002 - the public name of the parameter
    protected_identity: Annotated[bool, Query(alias="protectedIdentity")] = False,
    talk_needed: Annotated[bool, Query(alias="talkNeeded")] = False,
    at: datetime | None = None,
) -> Response:
    """The allowed channels in order, each with its reason, for a type of question, marks of the person and an hour.

    Take the first that can answer, and go on only when it was not enough. With protected identity there is the phone
    alone.

    De tillåtna kanalerna i ordning, med skäl. Välj den första som kan svara. Vid skyddade personuppgifter återstår
    bara telefon.
    """
    context = context_of(request)
    instant = at or context.clock()
    if instant.tzinfo is None or not FIRST_YEAR < instant.year < LAST_YEAR:
        raise Problem(PERIOD_INVALID)
    flags = {Mark.PROTECTED_IDENTITY: protected_identity, Mark.TALK_NEEDED: talk_needed}
    advice = ladder().advise(type, frozenset(mark for mark, held in flags.items() if held), instant)
    parameters: dict[str, object] = {
        "type": type.value,
        "protectedIdentity": "true" if protected_identity else None,
        "talkNeeded": "true" if talk_needed else None,
        "at": at.isoformat() if at else None,
    }
    model = ChannelAdvice(
        type=type,
        at=instant,
        channels=[
            AdvisedChannel(
                order=order,
                channel=each.step,
                open_now=each.opens_at is None,
                opens_at=each.opens_at,
                reason=TextsModel(sv=each.reason.sv, en=each.reason.en),
            )
            for order, each in enumerate(advice.steps, 1)
        ],
        left_out=[
            LeftOutChannel(channel=each.step, reason=TextsModel(sv=each.reason.sv, en=each.reason.en))
            for each in advice.left_out
        ],
        links=page_links(f"{context.base_url}/channel-advice", parameters, None),
    )
    return context.json(model)
