"""Identity numbers: twelve digits with a check digit, and a type that never prints them."""

import copy
import json
import logging
import pickle
import traceback
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.persons.domain import NotAPersonNumber, PersonNumber
from shared.identity import passes_for_identity
from shared.logs import JsonFormatter
from tests.sizes import sample_or_full

NUMBER = "189001019802"
PERSON = PersonNumber.parse(NUMBER)


def reference_check_digit(nine: str) -> int:
    """The digit as the tax agency describes it (SKV 704): 212121-212, digit sums added, up to the next ten."""
    products = "".join(str(int(digit) * weight) for digit, weight in zip(nine, (2, 1) * 5, strict=False))
    return -sum(int(digit) for digit in products) % 10


_BIRTHS = st.dates(date(1800, 1, 1), date(2099, 12, 31))


@pytest.mark.requirement(106)
@given(born=_BIRTHS, serial=st.integers(0, 999), coordination=st.booleans(), sign=st.sampled_from(["", "-", "+"]))
@settings(max_examples=sample_or_full(200, 10_000), deadline=None)
def test_of_ten_check_digits_exactly_the_reference_is_accepted(
    born: date, serial: int, coordination: bool, sign: str
) -> None:
    day = born.day + (60 if coordination else 0)
    start = f"{born:%Y%m}{day:02d}"
    right = reference_check_digit(f"{start[2:]}{serial:03d}")
    for digit in range(10):
        text = f"{start}{sign}{serial:03d}{digit}"
        if digit == right:
            person = PersonNumber.parse(text)
            assert person.reveal() == text.replace(sign, "") if sign else text
            assert person.is_coordination_number is coordination
        else:
            with pytest.raises(NotAPersonNumber):
                PersonNumber.parse(text)


@pytest.mark.requirement(106)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "9001019802",
        "900101-9802",
        "18900101 9802",
        "1890-01-01-9802",
        "189013019803",
        "189002309800",
        "189001009803",
        "189001609806",
        "189001929802",
        "178901019802",
        "218901019802",
        "189001019803",
        "１８９００１０１９８０２",
        "١٨٩٠٠١٠١٩٨٠٢",
        "189001019802\n189001019802",
        "18900101-980²",
        "samordningsnr",
        "189001019802\0",
    ],
)
def test_what_is_no_identity_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(NotAPersonNumber) as caught:
        PersonNumber.parse(text)

    assert len(text) < 4 or text not in str(caught.value)
    assert not any(character.isdigit() for character in str(caught.value))


@pytest.mark.requirement(106)
def test_a_coordination_number_is_accepted() -> None:
    start = "19700163238"

    assert PersonNumber.parse(start + str(reference_check_digit(start[2:]))).is_coordination_number


def test_printing_formatting_and_logging_show_a_mask() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "asked about %s", (PERSON,), None)
    record.__dict__["person"] = PERSON
    shown = [
        repr(PERSON),
        str(PERSON),
        f"{PERSON}",
        f"{PERSON!r:>40}",
        "%s %r" % (PERSON, PERSON),  # noqa: UP031 - what older code and libraries do
        str([PERSON]),
        str({"person": PERSON}),
        JsonFormatter().format(record),
        "".join(traceback.format_exception(ValueError(PERSON))),
        ascii(PERSON),
    ]
    for text in shown:
        assert not any(part in text for part in (NUMBER, NUMBER[2:], NUMBER[:8], NUMBER[8:])), "a mask was expected"


def test_it_is_not_serialised_by_accident() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(PERSON, protocol)
    for attempt in (lambda: json.dumps(PERSON), lambda: copy.deepcopy(PERSON), lambda: vars(PERSON)):
        with pytest.raises(TypeError):
            attempt()


def test_it_cannot_be_changed_and_equals_its_like() -> None:
    with pytest.raises(AttributeError):
        PERSON._digits = "x"  # type: ignore[misc]
    assert PersonNumber.parse("18900101-9802") == PERSON
    assert len({PERSON, PersonNumber.parse(NUMBER)}) == 1


@given(
    born=_BIRTHS,
    serial=st.integers(0, 999),
    around=st.tuples(st.text("abc /.#", max_size=6), st.text("abc /.#", max_size=6)),
)
@settings(max_examples=sample_or_full(200, 5000), deadline=None)
def test_a_number_is_recognised_in_a_text_in_its_usual_writings(
    born: date, serial: int, around: tuple[str, str]
) -> None:
    start = f"{born:%Y%m%d}{serial:03d}"
    whole = start + str(reference_check_digit(start[2:]))
    for written in (
        whole,
        whole[2:],
        f"{whole[:8]}-{whole[8:]}",
        f"{whole[2:8]}-{whole[8:]}",
        f"{whole[2:8]}+{whole[8:]}",
    ):
        assert passes_for_identity(around[0] + written + around[1])


@pytest.mark.parametrize(
    "text", ["EB-2026-000123", "0701234567", "2120002627", "189001019803", "1234", "", "S26-7K3M-9QXD"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not passes_for_identity(text)
