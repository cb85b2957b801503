"""The answer that our reader is tried on, held to LEFI's own OpenAPI file."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.lefi_contract import paths_of_the_answer
from tests.contract.ssbtek_contract import needs_contract
from tests.unit.lookups.given_fk import golden

pytestmark = pytest.mark.requirement(1)


def paths(value: Any, above: str = "") -> Iterator[str]:
    """Every member of the document, with points between, through lists."""
    if isinstance(value, list):
        for each in value:
            yield from paths(each, above)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield above + key
            yield from paths(each, f"{above}{key}.")


@needs_contract
def test_the_answer_with_every_member_has_every_member_of_the_contract_and_no_other() -> None:
    contract = paths_of_the_answer()

    assert len(contract) > 1_600
    assert frozenset(paths(golden())) == contract
