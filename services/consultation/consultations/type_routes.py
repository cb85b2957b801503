"""The types of consultation over HTTP: what each asks for, and in what time it is to be answered."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from starlette.requests import Request

from services.consultation.clocks.counting import Rules
from services.consultation.consultations import examples
from services.consultation.consultations.cooperation import COOPERATION_WORDS, COUNTED, Cooperation
from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.forms.codes import TYPE_WORDS
from services.consultation.consultations.forms.models import (
    FORMS,
    MAY_BE_LEFT_OUT,
    FieldKind,
    Form,
    asked_fields,
    longest,
)
from services.consultation.consultations.information_sets import InformationSet
from services.consultation.context import context_of
from services.consultation.wire import TextsModel
from shared.http.bodies import WireModel
from shared.problems import Words

router = APIRouter(tags=["consultations"])


class FormFieldModel(WireModel):
    """One field of `details`. `codeList` names its list of codes, `longest` is in characters or codes."""

    name: str
    kind: FieldKind
    texts: TextsModel
    code_list: str | None
    longest: int | None


class ConsultationTypeModel(WireModel):
    """A type. `targetHours` are working hours until it is to be answered; `fields` make up `details`.

    `detailsRequired` is false when it can be asked in words alone, or has no fields.
    """

    code: ConsultationType
    texts: TextsModel
    target_hours: float
    details_required: bool
    fields: list[FormFieldModel]
    information_sets: list[InformationSet]


class CooperationKindModel(WireModel):
    """What a consultation can be said to be part of, by its definition; whether it is counted as a cooperation case."""

    code: Cooperation
    texts: TextsModel
    counted: bool


class ConsultationTypesModel(WireModel):
    """All of them, and the definitions behind `cooperation`, to be shown where it is chosen (R59)."""

    types: list[ConsultationTypeModel]
    cooperation_kinds: list[CooperationKindModel]
    links: Annotated[dict[str, dict[str, str]], Field(alias="_links")]


@router.get(
    "/consultation-types",
    response_model=ConsultationTypesModel,
    responses={200: {"content": {"application/json": {"example": examples.TYPES}}}},
    summary="Types of consultation / Typer av samråd",
)
async def list_types(request: Request) -> Response:
    """Each type with its form, its target and the information sets that it may name. Needs no token.

    Varje typ med sitt formulär, sitt målvärde och de informationsmängder som får begäras. Kräver ingen token.
    """
    context = context_of(request)
    now = context.clock()
    clockwork = await context.clocks.current(now)
    told = ConsultationTypesModel(
        types=[_told(clockwork.rules(each.value, now), now, each) for each in ConsultationType],
        cooperation_kinds=[
            CooperationKindModel(code=code, texts=_texts(words), counted=code in COUNTED)
            for code, words in COOPERATION_WORDS.items()
        ],
        links={"self": {"href": f"{context.base_url}/consultation-types"}},
    )
    return context.json(told)


def _told(rules: Rules, now: datetime, each: ConsultationType) -> ConsultationTypeModel:
    form = FORMS.get(each)
    return ConsultationTypeModel(
        code=each,
        texts=_texts(TYPE_WORDS[each]),
        target_hours=rules.target(now, None).seconds / 3600,
        details_required=form is not None and each not in MAY_BE_LEFT_OUT,
        fields=_fields(form) if form else [],
        information_sets=list(InformationSet) if each is ConsultationType.INFORMATION_REQUEST else [],
    )


def _fields(form: type[Form]) -> list[FormFieldModel]:
    return [
        FormFieldModel(
            name=name,
            kind=asked.kind,
            texts=_texts(asked.words),
            code_list=asked.codes,
            longest=longest(form, name),
        )
        for name, asked in asked_fields(form).items()
    ]


def _texts(words: Words) -> TextsModel:
    return TextsModel(sv=words.sv, en=words.en)
