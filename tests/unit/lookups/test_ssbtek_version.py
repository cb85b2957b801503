"""The contract version is one object, and nothing else knows its namespace."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, build_request, read_answer
from services.consultation.lookups.sources.ssbtek.rules import violations
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.tax_question import completed_years
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.v11 import V11
from tests.unit.lookups.given import AUTUMN, MAX_BYTES, inquiry, readings, simulated

_LOOKUPS = Path(__file__).parents[3] / "services" / "consultation" / "lookups"


def test_another_version_writes_its_own_namespace_and_is_checked_by_it() -> None:
    request = build_request(inquiry(), V11)

    assert b"ssbt/11" in request
    assert b"ssbt/10" not in request
    assert violations(request, V11) == []
    assert violations(request, V10) != []


def test_an_answer_of_another_version_is_read_the_same() -> None:
    body = simulated("complete").replace(b"ssbt/10", b"ssbt/11")

    composite = read_answer(body, V11, max_bytes=MAX_BYTES)

    assert isinstance(composite, CompositeAnswer)
    read = {code: read_source(V10.readers[code], composite.sources[code])[0] for code in SourceCode}
    assert read == readings(simulated("complete"))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (b"<ssbt:fraga><ssbt:ar>", b"<ssbt:fraga><ssbt:x/><ssbt:ar>", "ar is missing or out of order"),
        (b"<ssbt:ar>2024</ssbt:ar><ssbt:ar>2025</ssbt:ar>", b"", "ar is missing or out of order"),
        (b"<ssbt:ar>2024", b"<ssbt:ar>24", "ar: its value has the wrong form"),
        (b"<ssbt:skattekonto>true", b"<ssbt:skattekonto>ja", "skattekonto: its value has the wrong form"),
        (b"<ssbt:skattekonto>true</ssbt:skattekonto>", b"", "skattekonto is missing or out of order"),
    ],
)
def test_version_11_checks_what_skatteverket_is_asked(before: bytes, after: bytes, problem: str) -> None:
    request = build_request(inquiry(), V11)
    assert before in request

    assert any(problem in each for each in violations(request.replace(before, after), V11))


def test_version_11_needs_a_question_to_skatteverket_only_when_it_is_asked() -> None:
    whole, rest = inquiry(), inquiry(sources={SourceCode.AF: AUTUMN})
    without = re.sub(rb"<ssbt:fraga><ssbt:ar>.*?</ssbt:fraga>", b"", build_request(whole, V11))

    assert violations(without, V11) == ["SKV: fraga is missing or out of order"]
    assert violations(build_request(rest, V11), V11) == []
    assert b"<ssbt:ar>" not in build_request(rest, V11)


@pytest.mark.parametrize(
    ("asked_at", "years"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), (2024, 2025)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), (2025, 2026)),
        (datetime(2027, 6, 30, 12, 0, tzinfo=UTC), (2025, 2026)),
    ],
)
def test_the_years_asked_for_have_ended_in_sweden(asked_at: datetime, years: tuple[int, int]) -> None:
    assert completed_years(asked_at) == years


def test_only_the_modules_of_the_versions_name_a_namespace() -> None:
    modules = list(_LOOKUPS.rglob("*.py"))
    naming = [module.name for module in modules if "integration/ssbt/" in module.read_text("utf-8")]

    assert len(modules) > 20
    assert sorted(naming) == ["v10.py", "v11.py"]
