"""An answer of LEFI with every member of its contract: all of it is read, and all that is read can be written again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.consultation.lookups.sources.domain import SourceState
from tests.sizes import sample_or_full
from tests.unit.lookups.given_fk import data_of, expected, golden, read_json

pytestmark = pytest.mark.requirement(1)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place of a plain value: the object or list that holds it, and its key or number there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in pairs:
        if isinstance(each, (dict, list)):
            yield from places(each)
        else:
            yield value, key


def plain_values(value: Any) -> set[str]:
    return {str(holder[key]) for holder, key in places(value)}


def test_the_answer_with_every_member_is_read_as_expected_with_nothing_odd_in_it() -> None:
    reading = read_json(json.dumps(golden()))

    assert reading.deviations == ()
    assert reading.data == expected()


def test_every_text_and_number_of_the_answer_is_found_in_what_is_read() -> None:
    told = plain_values(data_of(read_json(json.dumps(golden()))))

    for holder, key in places(golden()):
        value = holder[key]
        if not isinstance(value, bool):
            written = {str(value), f"{value}.00", f"{value}0"} if not isinstance(value, str) else {value}
            assert written & told, f"{key} is dropped"


def test_no_value_of_the_answer_can_change_without_changing_what_is_read() -> None:
    """So that a flag, too, is read from where it stands."""
    document, whole = golden(), data_of(read_json(json.dumps(golden())))

    for holder, key in list(places(document))[:: sample_or_full(20, 1)]:
        value = holder[key]
        # An amount without a currency is in SEK.
        holder[key] = "NOK" if key == "valuta" else None
        reading = read_json(json.dumps(document))
        holder[key] = value
        assert reading.data != whole or reading.deviations, f"{key} is not read"


def test_every_piece_is_told_and_the_person_is_named() -> None:
    reading = read_json(json.dumps({**golden(), "avvikelser": {}}))

    assert reading.state is SourceState.ANSWERED
    assert [part.state for part in reading.parts] == [SourceState.ANSWERED, SourceState.ANSWERED]
    assert reading.subject == "189001049804"
    assert reading.items == (
        "payments",
        "preliminaryPayments",
        "programmes",
        "programmeCompensation",
        "jobDays",
        "cases",
        "pensionClaims",
        "pensionDecisions",
        "otherInformation",
        "person",
    )


def test_all_deduction_types_of_the_contract_are_told_from_benefits() -> None:
    rows = data_of(read_json(json.dumps(golden())))["payments"][0]["rows"]

    deductions = sorted(row["amountType"]["code"] for row in rows if row["isDeduction"])
    assert " ".join(deductions) == (
        "AFR ALA ART AVB AVR FMF FUM INC INF INM INU KOA KVI OAV PF PS PST SAV SKV SOC SS SST UMG UTF ÅFA ÖVA"
    )
    assert [row["amountType"]["code"] for row in rows if not row["isDeduction"]] == ["AS"]


def test_the_order_of_members_makes_no_difference() -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    reading = read_json(json.dumps({**turned(golden()), "avvikelser": golden()["avvikelser"]}))

    assert reading.data == expected()
