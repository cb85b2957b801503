"""LEFI's answer damaged at random: nothing raises, nothing is made up, and nothing is lost without a word."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.facade.writers.fk import write_fk
from services.consultation.lookups.sources.characters import carried
from services.consultation.lookups.sources.domain import SourceState
from services.consultation.lookups.sources.ssbtek.readers.fk import read_fk
from services.consultation.lookups.sources.ssbtek.xml import DocumentError
from tests.sizes import sample_or_full
from tests.unit.lookups.given import encoded, part
from tests.unit.lookups.given_fk import golden, read_json
from tests.unit.lookups.json_mutations import Members, Verbatim, bytes_of, change, parsed, written
from tests.unit.lookups.test_fk_written import ASKED, answer_of

pytestmark = pytest.mark.requirement(1)

_EXAMPLES = sample_or_full(40, 1000)
_LISTS = [*golden()["formansinformation"]]
_TOP = ["ansprak", "beslut", "utbetalningar", "preliminaraUtbetalningar", "ovrigInformation", "avvikelser"]
_OURS = {"FK", "PM", "SEK", "yes", "no", "notRead", *_LISTS, *_TOP, "formansinformation", "unknown"}
"""Texts of our own: suppliers, the currency that LEFI leaves out, our words on job days, and the names of lists."""
_SUMS = ("tax", "deductions")


@st.composite
def documents(draw: st.DrawFn, *kinds: str) -> Any:
    """A part of the answer that has every member, changed in one to three places."""
    whole = golden()
    lists = draw(st.sets(st.sampled_from(_LISTS), max_size=2))
    top = draw(st.sets(st.sampled_from(_TOP), max_size=2))
    document = {
        "utlamnare": whole["utlamnare"],
        "formansinformation": {name: whole["formansinformation"][name] for name in sorted(lists)},
        **{name: whole[name] for name in sorted(top)},
    }
    changed = parsed(json.dumps(document))
    for _ in range(draw(st.integers(1, 3))):
        change(draw, changed, *((kinds,) if kinds else ()))
    return changed


def scalars(value: Any, *, keys: bool = False) -> set[str]:
    """The texts and numbers in a document before it is read, in every form that we write them in."""
    if isinstance(value, Members):
        found = {text for _, each in value.pairs for text in scalars(each, keys=keys)}
        return found | {key for key, _ in value.pairs} if keys else found
    if isinstance(value, list):
        return {text for each in value for text in scalars(each, keys=keys)}
    if isinstance(value, Verbatim):
        return forms(value.text)
    return {carried(value.strip())} if isinstance(value, str) and value.strip() else set()


def forms(number: str) -> set[str]:
    whole, _, fraction = format(Decimal(number), "f").partition(".") if len(number) < 60 else (number, "", "")
    return {number, whole, f"{whole}.{fraction:0<2}", f"{whole}.{fraction}"}


def told(value: Any, name: str = "") -> set[str]:
    """The texts and numbers in what was read, without sums."""
    if isinstance(value, dict):
        return {text for key, each in value.items() for text in told(each, key)}
    if isinstance(value, list):
        return {text for each in value for text in told(each, name)}
    return set() if value is None or isinstance(value, bool) else {str(value)}


def without_sums(data: Any) -> Any:
    payments = [
        {**each, **dict.fromkeys(_SUMS)} if each["supplier"] == "PM" else each for each in data.get("payments", ())
    ]
    return {**data, "payments": payments}


@settings(max_examples=_EXAMPLES, deadline=None)
@given(documents(), st.data())
def test_whatever_is_damaged_the_answer_is_read_or_refused_and_nothing_is_made_up(
    document: Any, data: st.DataObject
) -> None:
    body = data.draw(bytes_of(written(document)))
    try:
        # Not through read_source, which would hide a reader that fails.
        reading = read_fk(part(f"<lefiJsonSvar>{encoded(body)}</lefiJsonSvar>")[0])
    except DocumentError:
        return

    json.dumps(reading.data, ensure_ascii=False).encode()
    if body == written(document).encode() and reading.data is not None:
        known = scalars(document) | _OURS | {"0", "-0"}
        assert told(without_sums(reading.data)) <= known


@settings(max_examples=_EXAMPLES, deadline=None)
@given(documents())
def test_what_is_there_is_told_or_a_deviation_is_noted(document: Any) -> None:
    reading = read_json(written(document))

    if reading.data is None or reading.deviations:
        assert reading.deviations or reading.state is SourceState.LOGICAL_ERROR
        return
    lost = {text for text in each_once(document) if not forms_of(text) & told(reading.data)}
    assert not lost


@settings(max_examples=_EXAMPLES, deadline=None)
@given(documents())
def test_nothing_that_was_there_becomes_an_empty_answer(document: Any) -> None:
    reading = read_json(written(document))

    states = {reading.state, *(part.state for part in reading.parts)}
    if states == {SourceState.ANSWERED_EMPTY}:
        assert reading.data is not None
        assert not {text for text in each_once(document) if not forms_of(text) & told(reading.data)}


def each_once(value: Any) -> list[Any]:
    """Every text and number, by itself; what is blank tells nothing."""
    if isinstance(value, Members):
        return [text for _, each in value.pairs for text in each_once(each)]
    if isinstance(value, list):
        return [text for each in value for text in each_once(each)]
    return [value] if isinstance(value, Verbatim) or (isinstance(value, str) and value.strip()) else []


def forms_of(value: Any) -> set[str]:
    return forms(value.text) if isinstance(value, Verbatim) else {carried(value.strip())}


@settings(max_examples=_EXAMPLES, deadline=None)
@given(documents("drop", "reorder", "pad", "null", "wrong", "rename"))
def test_what_could_be_read_passes_through_us_unchanged(document: Any) -> None:
    reading = read_json(written(document))
    if reading.data is None:
        return

    again = read_fk(write_fk(answer_of(reading), ASKED))

    assert again.items == reading.items
    assert [part.state for part in again.parts] == [part.state for part in reading.parts]
    told_of = {**reading.data, "deviations": None}
    assert {**(again.data or {}), "deviations": None} == told_of
    if not reading.deviations:
        assert again.data == reading.data
