"""Templates without logic: whatever is written, nothing but the listed fields is ever replaced."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.answer_templates.domain import MOST_CHARACTERS, TemplateField, fill, require_known_fields
from services.consultation.answer_templates.load import starter_set
from shared.problems import Problem
from tests.sizes import sample_or_full

FIELDS = [f"{{{{{field.value}}}}}" for field in TemplateField]
PIECES = st.one_of(
    st.sampled_from([*FIELDS, "{", "}", "{{", "}}", "{{x}}", "{%", "${", "%s", "\\", "\x00", "__class__", "{0.x}"]),
    st.text(string.printable + "åäö\u2028", max_size=8),
)
TEXTS = st.lists(PIECES, max_size=20).map("".join)
VALUES = st.dictionaries(st.sampled_from(TemplateField), TEXTS)


def is_let_in(text: str) -> bool:
    try:
        require_known_fields(text)
    except Problem:
        return False
    return True


@settings(max_examples=sample_or_full(60, 20_000))
@given(TEXTS, VALUES)
def test_a_template_that_is_let_in_is_its_own_text_with_values_where_fields_stood(
    text: str, values: dict[TemplateField, str]
) -> None:
    if not is_let_in(text):
        return
    told = fill(text, values)

    expected, unfilled = text, []
    # By places of the original, from the end: what is put in is in nobody's way.
    places = sorted(
        (place, field)
        for field, written in zip(TemplateField, FIELDS, strict=True)
        for place in range(len(text))
        if text.startswith(written, place)
    )
    for place, field in reversed(places):
        end = place + len(field.value) + 4
        expected = expected[:place] + values.get(field, text[place:end]) + expected[end:]
    for _, field in places:
        if field not in values and field not in unfilled:
            unfilled.append(field)
    assert told.text == expected
    assert list(told.unfilled) == unfilled


@settings(max_examples=sample_or_full(60, 20_000))
@given(TEXTS)
def test_what_is_let_in_has_no_braces_but_those_of_fields(text: str) -> None:
    rest = text
    for written in FIELDS:
        rest = rest.replace(written, "\x01")
    if is_let_in(text):
        assert "{{" not in rest
        assert "}}" not in rest


@pytest.mark.parametrize(
    "text",
    [
        "{{person}}",
        "{{ caseReference }}",
        "{{caseReference.__class__}}",
        "{{caseReference|upper}}",
        "{{7*7}}",
        "{% for x in y %}{{x}}",
        "{{}}",
        "{{caseReference",
        "caseReference}}",
        "{{{caseReference}}}{{",
        "{{caseReference}}" * 3,
        "{{CASEREFERENCE}}",
        "{{\u0441aseReference}}",
        "{{case{{caseReference}}Reference}}",
    ],
    ids=[
        *("a person", "spaces", "attribute", "filter", "expression", "a loop", "empty", "open", "close", "stray"),
        *("too often", "capitals", "look-alike", "nested"),
    ],
)
def test_a_hostile_template_is_not_let_in(text: str) -> None:
    assert not is_let_in(text)


@pytest.mark.parametrize("piece", ["{", "}", "{{", "{{caseReference}}", "{{x}}"])
def test_a_text_as_long_as_can_be_is_judged_at_once(piece: str) -> None:
    text = (piece * MOST_CHARACTERS)[:MOST_CHARACTERS]

    assert not is_let_in(text) or "{{" not in text


def test_the_starter_set_has_known_fields_alone() -> None:
    assert len({each.id for each in starter_set()}) == 4
