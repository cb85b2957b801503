"""The contract version is one object, and nothing else knows its namespace."""

from dataclasses import replace
from pathlib import Path

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, build_request, read_answer
from services.consultation.lookups.sources.ssbtek.rules import violations
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.unit.lookups.given import MAX_BYTES, inquiry, readings, simulated

_OTHER = replace(V10, label="11", namespace="http://schema.forsakringskassan.se/integration/ssbt/11")
_LOOKUPS = Path(__file__).parents[3] / "services" / "consultation" / "lookups"


def test_another_version_writes_its_own_namespace_and_is_checked_by_it() -> None:
    request = build_request(inquiry(), _OTHER)

    assert b"ssbt/11" in request
    assert b"ssbt/10" not in request
    assert violations(request, _OTHER) == []
    assert violations(request, V10) != []


def test_an_answer_of_another_version_is_read_the_same() -> None:
    body = simulated("complete").replace(b"ssbt/10", b"ssbt/11")

    composite = read_answer(body, _OTHER, max_bytes=MAX_BYTES)

    assert isinstance(composite, CompositeAnswer)
    read = {code: read_source(V10.readers[code], composite.sources[code])[0] for code in SourceCode}
    assert read == readings(simulated("complete"))


def test_only_the_version_module_names_the_namespace() -> None:
    modules = list(_LOOKUPS.rglob("*.py"))
    naming = [module.name for module in modules if "integration/ssbt/" in module.read_text("utf-8")]

    assert len(modules) > 20
    assert naming == ["v10.py"]
