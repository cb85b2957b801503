"""Codes in words (R109)."""

from enum import StrEnum

import pytest

from services.consultation.clocks.turns import Turn
from services.consultation.consultations.domain import Action, Channel, ConsultationType, State
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from tests import openapi_check
from tests.exchange import Exchange


@pytest.mark.requirement(109)
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("consultationStates", State),
        ("turns", Turn),
        ("events", Action),
        ("consultationTypes", ConsultationType),
        ("channels", Channel),
        ("sources", SourceCode),
        ("sourceStates", SourceState),
        ("errorOrigins", Origin),
    ],
)
def test_every_code_has_a_swedish_and_an_english_text(exchange: Exchange, name: str, codes: type[StrEnum]) -> None:
    answer = exchange.http.get(f"{exchange.base_url}/consultation/v1/code-lists")
    openapi_check.check(answer)

    listed = next(each["codes"] for each in answer.json()["lists"] if each["name"] == name)

    assert {each["code"] for each in listed} == {code.value for code in codes}
    assert all(each["sv"] and each["en"] for each in listed)
