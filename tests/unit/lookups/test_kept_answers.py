"""Kept answers come out as they went in, and what is the best known of a source."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.completion.domain import best_known, failed, limited_again, merged
from services.consultation.lookups.fields import limited
from services.consultation.lookups.kept.codec import CannotRead, KeptAnswers, decode, encode
from services.consultation.lookups.sources.domain import (
    Origin,
    Period,
    SourceAnswer,
    SourceCode,
    SourcePart,
    SourceState,
)
from tests.sizes import sample_or_full
from tests.unit.lookups.given import AUTUMN, readings, simulated

TEXTS = st.text(max_size=12)
WORDS = st.lists(TEXTS, max_size=3).map(tuple)
PERIODS = st.builds(Period, st.dates(), st.dates())
STATES = st.sampled_from(SourceState)
ORIGINS = st.none() | st.sampled_from(Origin)
# Numbers as JSON has them; no source's answer holds infinities, and JSON can't.
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
DATA = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
ANSWERS = st.builds(
    SourceAnswer,
    source=st.sampled_from(SourceCode),
    state=STATES,
    asked_period=st.none() | PERIODS,
    answered_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    took_ms=st.none() | st.integers(0, 60_000),
    contract_version=st.none() | TEXTS,
    origin=ORIGINS,
    code=st.none() | TEXTS,
    messages=WORDS,
    deviations=WORDS,
    items=WORDS,
    parts=st.lists(st.builds(SourcePart, TEXTS, STATES, ORIGINS, st.none() | TEXTS, WORDS), max_size=2).map(tuple),
    protected=st.booleans(),
    left_out=WORDS,
    data=st.none() | st.dictionaries(TEXTS, DATA, max_size=4),
)
KEPT = st.builds(
    KeptAnswers,
    periods=st.dictionaries(st.sampled_from(SourceCode), PERIODS, max_size=7),
    answers=st.lists(ANSWERS, max_size=7).map(tuple),
)


@settings(max_examples=sample_or_full(40, 3000), deadline=None)
@given(KEPT)
def test_answers_come_out_exactly_as_they_went_in(kept: KeptAnswers) -> None:
    again = decode(encode(kept))

    assert again == kept
    assert _types(again) == _types(kept), "1 is not true, and a text is not a date"


def _types(kept: KeptAnswers) -> list[str]:
    return [json.dumps(each.data, sort_keys=True) for each in kept.answers]


def test_what_every_reader_makes_of_a_whole_answer_survives() -> None:
    answers = tuple(
        SourceAnswer(code, reading.state, items=reading.items, parts=reading.parts, data=reading.data)
        for code, reading in readings(simulated("complete")).items()
    )
    kept = KeptAnswers(dict.fromkeys(SourceCode, AUTUMN), answers)

    assert all(each.data for each in answers)
    assert decode(encode(kept)) == kept


@pytest.mark.parametrize("written", [b"", b"{}", b"[]", b'{"periods":{},"answers":[{"source":"KV"}]}', b"\xff"])
def test_bytes_of_another_form_are_not_read_and_not_repeated(written: bytes) -> None:
    with pytest.raises(CannotRead) as refused:
        decode(written)

    assert (str(refused.value), refused.value.__cause__) == ("kept answers of another form", None)


# --- the best that is known ---------------------------------------------------------------------------------------

FK = SourceCode.FK
THEN, NOW = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)


def answer(state: SourceState, at: datetime, **changes: object) -> SourceAnswer:
    values: dict[str, object] = {"source": FK, "state": state, "answered_at": at, **changes}
    return SourceAnswer(**values)  # type: ignore[arg-type]


FAILED = [state for state in SourceState if not state.supports_decision and state is not SourceState.PARTIAL]


@pytest.mark.parametrize("before", [*FAILED, SourceState.PARTIAL])
@pytest.mark.parametrize("state", [SourceState.ANSWERED, SourceState.ANSWERED_EMPTY])
def test_an_answer_in_full_takes_the_place_of_any(before: SourceState, state: SourceState) -> None:
    newer = answer(state, NOW)

    assert best_known(answer(before, THEN), newer) is newer


@pytest.mark.parametrize("state", FAILED)
def test_a_part_that_was_read_stays_when_asking_again_fails(state: SourceState) -> None:
    older = answer(SourceState.PARTIAL, THEN, items=("payments",), data={"payments": []})

    assert best_known(older, answer(state, NOW)) is older


@pytest.mark.parametrize("state", FAILED)
@pytest.mark.parametrize("before", FAILED)
def test_of_two_failures_the_newer_is_told(before: SourceState, state: SourceState) -> None:
    newer = answer(state, NOW)

    assert best_known(answer(before, THEN), newer) is newer


def parts(**states: SourceState) -> tuple[SourcePart, ...]:
    return tuple(SourcePart(name, state) for name, state in states.items())


@pytest.mark.parametrize(
    ("older", "newer", "replaced"),
    [
        ({"items": ("payments",)}, {"items": ("payments", "cases")}, True),
        ({"items": ("payments",)}, {"items": ("payments",)}, True),
        ({"items": ("payments", "cases")}, {"items": ("payments",)}, False),
        (
            {"parts": parts(FK=SourceState.ANSWERED, PM=SourceState.MISSING)},
            {"parts": parts(FK=SourceState.ERROR, PM=SourceState.ANSWERED)},
            False,
        ),
        (
            {"parts": parts(FK=SourceState.ANSWERED, PM=SourceState.MISSING)},
            {"parts": parts(FK=SourceState.ANSWERED_EMPTY, PM=SourceState.ERROR)},
            True,
        ),
    ],
)
def test_one_part_gives_way_to_another_only_when_nothing_is_lost(
    older: Mapping[str, object], newer: Mapping[str, object], replaced: bool
) -> None:
    was, became = (answer(SourceState.PARTIAL, at, **values) for at, values in ((THEN, older), (NOW, newer)))

    assert best_known(was, became) is (became if replaced else was)


@settings(max_examples=sample_or_full(30, 1000), deadline=None)
@given(st.lists(ANSWERS, max_size=7, unique_by=lambda each: each.source), st.data())
def test_to_complete_never_takes_away_what_supports_a_decision(kept: list[SourceAnswer], drawn: st.DataObject) -> None:
    asked = failed(kept)
    read = {each.source: each for each in drawn.draw(st.lists(ANSWERS, max_size=7)) if each.source in asked}

    whole = merged(kept, read)

    assert [each.source for each in whole] == [each.source for each in kept]
    for before, after in zip(kept, whole, strict=True):
        if before.source not in asked:
            assert after is before
        assert after is before or after is read[before.source]
    assert len(failed(whole)) <= len(asked)


def test_what_was_removed_before_is_named_as_left_out_though_todays_grounds_open_it() -> None:
    whole = answer(SourceState.ANSWERED, THEN, items=("payments", "jobDays"), data={"payments": [1], "jobDays": 3})
    kept = limited(whole, frozenset(("payments",)))

    again = limited_again(kept, frozenset(("payments", "jobDays", "person")))

    assert again.data == {"payments": [1]}
    assert "jobDays" in again.left_out
    assert "payments" not in again.left_out


def test_what_is_kept_is_limited_by_what_the_grounds_open_today() -> None:
    whole = answer(SourceState.ANSWERED, THEN, items=("payments", "jobDays"), data={"payments": [1], "jobDays": 3})

    again = limited_again(limited(whole, frozenset(("payments", "jobDays"))), frozenset(("jobDays",)))

    assert again.data == {"jobDays": 3}
    assert {"payments", "person"} <= set(again.left_out)
