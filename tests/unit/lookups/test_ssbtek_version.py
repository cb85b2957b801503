"""The contract version is one object, and nothing else knows its namespace."""

from pathlib import Path

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, build_request, read_answer
from services.consultation.lookups.sources.ssbtek.rules import violations
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.v11 import V11
from tests.unit.lookups.given import MAX_BYTES, inquiry, readings, simulated

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


def test_only_the_modules_of_the_versions_name_a_namespace() -> None:
    modules = list(_LOOKUPS.rglob("*.py"))
    naming = [module.name for module in modules if "integration/ssbt/" in module.read_text("utf-8")]

    assert len(modules) > 20
    assert sorted(naming) == ["v10.py", "v11.py"]
