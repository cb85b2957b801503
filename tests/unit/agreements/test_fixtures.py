"""The files that ship agree with themselves."""

from datetime import date

import pytest

from services.agreements.loading import files
from services.agreements.loading.files import Row

OPEN = (date.min.isoformat(), date.max.isoformat())


@pytest.mark.requirement(110)
def test_organisation_numbers_are_distinct_and_have_the_right_check_digit() -> None:
    rows = [
        *files.municipal_organisations(files.municipality_lines()),
        *files.organisations("authorities.json"),
        *files.organisations("sandbox_organisations.json"),
    ]
    numbers = [row["organisation_number"] for row in rows if row["organisation_number"] is not None]

    assert len(numbers) == len(set(numbers)) > 310
    assert [number for number in numbers if _luhn(number) != 0] == []


@pytest.mark.requirement(80)
def test_every_ground_lies_within_the_validity_of_its_legal_basis() -> None:
    grounds = files.grounds()
    bases = {row["id"]: row for row in grounds.legal_bases}

    assert [ground["id"] for ground in grounds.grounds if not _within(ground, bases[ground["legal_basis"]])] == []


def test_a_basis_that_is_replaced_ends_the_day_before_the_next_begins() -> None:
    bases = {row["id"]: row for row in files.grounds().legal_bases}
    replaced = [row for row in bases.values() if row["replaced_by"] is not None]

    assert len(replaced) == 9
    for row in replaced:
        ends, begins = date.fromisoformat(row["valid_to"]), date.fromisoformat(bases[row["replaced_by"]]["valid_from"])
        assert (begins - ends).days == 1


def _within(ground: Row, basis: Row) -> bool:
    begins, ends = basis["valid_from"] or OPEN[0], basis["valid_to"] or OPEN[1]
    return bool(begins <= ground["valid_from"] and (ground["valid_to"] or OPEN[1]) <= ends)


def _luhn(digits: str) -> int:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10
