"""The golden documents and what we write, held to the official schemas of AF, SO, TNS and MIV."""

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode, SourceState
from tests.contract.schema_walk import SchemaFile, paths_in
from tests.contract.ssbtek_contract import SCHEMAS, composite, needs_contract, schema
from tests.sizes import fewer_persons
from tests.unit.lookups import golden
from tests.unit.lookups.given import readings, simulated

pytestmark = [needs_contract, pytest.mark.requirement(1)]


@golden.of(*[SourceCode(code) for code in SCHEMAS])
def test_a_golden_document_is_valid_by_the_official_schema(name: str) -> None:
    schema().assertValid(composite(golden.source_of(name), golden.document(name)))


@pytest.mark.parametrize("code", [SourceCode(code) for code in SCHEMAS])
def test_the_golden_documents_of_a_source_leave_no_element_of_its_contract_out(code: SourceCode) -> None:
    file, kind = SCHEMAS[code]
    wanted = set(SchemaFile(file).elements(kind))
    found = set[tuple[str, ...]]().union(*(paths_in(golden.document(name)) for name in golden.names(code)))

    assert len(wanted) > 7  # the walk has found the contract
    assert wanted == found


@golden.of(*golden.WRITERS)
def test_what_is_written_of_a_golden_document_is_valid_by_the_official_schema(name: str) -> None:
    code = golden.source_of(name)
    reading = golden.read(code, golden.document(name))

    schema().assertValid(composite(code, golden.written(golden.answer(code, reading))))


@pytest.mark.parametrize("name", fewer_persons(name for name, each in PERSONS.items() if each.fault is None))
def test_what_is_written_of_a_simulated_answer_that_was_read_in_full_is_valid(name: str) -> None:
    found = readings(simulated(name))

    for code in golden.WRITERS:
        reading = found[code]
        if reading.data is not None and reading.state is not SourceState.PARTIAL:
            schema().assertValid(composite(code, golden.written(golden.answer(code, reading))))
