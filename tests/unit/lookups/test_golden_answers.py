"""Each golden answer is read as is written beside it."""

import json
import os

import pytest

from services.consultation.lookups.sources.ssbtek.v10 import V10
from tests.unit.lookups.golden import ANSWERS, FOLDER, data_of, document_of, source_of, told

pytestmark = pytest.mark.requirement(1)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_golden_answer_is_read_as_is_written_beside_it(name: str) -> None:
    code = source_of(name)
    beside = FOLDER / name.replace(".xml", ".expected.json")

    reading = told(V10.readers[code](data_of(code, document_of(name))))

    if os.environ.get("SAMRAD_WRITE_GOLDEN") == "1":
        beside.write_text(json.dumps(reading, ensure_ascii=False, indent=1) + "\n")
    assert reading == json.loads(beside.read_text())
