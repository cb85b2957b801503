"""The field sets: whatever a source answers, nothing outside what the purpose opens survives."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.agreements.loading import files
from services.consultation.lookups.domain import disclosed_fields, information_set
from services.consultation.lookups.fields import PIECES, limited
from services.consultation.lookups.purposes import PURPOSES
from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceAnswer, SourceCode, SourceState
from tests.sizes import sample_or_full
from tests.unit.lookups.given import FakeTransport, asked, inquiry, ok, simulated

pytestmark = pytest.mark.requirement(13)

KEYS = sorted(
    {key for pieces in PIECES.values() for piece in pieces for path in piece.paths for key in path.split(".")}
)
ITEMS = sorted({item for pieces in PIECES.values() for piece in pieces for item in piece.items})
ROOT = File(__file__).resolve().parents[3]
Path = tuple[str, ...]


@st.composite
def answers(draw: st.DrawFn) -> SourceAnswer:
    """Anything a source could be made to say, with every value in it told apart from every other."""
    counted = iter(range(10_000))
    names = st.sampled_from([*KEYS, "surprise", "address"])
    leaf = st.builds(lambda: f"value-{next(counted)}")
    below = st.recursive(
        leaf | st.none() | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=20,
    )
    return SourceAnswer(
        source=draw(st.sampled_from(SourceCode)),
        state=draw(st.sampled_from(SourceState)),
        messages=tuple(draw(st.lists(leaf, max_size=2))),
        deviations=tuple(draw(st.lists(leaf, max_size=2))),
        items=tuple(draw(st.lists(st.sampled_from([*ITEMS, "surprise"]), max_size=6))),
        data=draw(st.none() | st.dictionaries(names, below, max_size=6)),
    )


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in the content with the keys that lead to it; places in lists don't count."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, path)
    elif isinstance(value, str):
        yield path, value


def opened_paths(source: SourceCode, opened: frozenset[str], *, labels: bool) -> list[Path]:
    """Written anew here, from the table alone."""
    pieces = [piece for piece in PIECES[source] if piece.name in opened]
    texts = [text for piece in pieces for text in (*piece.paths, *(piece.labels if labels else ()))]
    return [tuple(text.split(".")) for text in texts]


def within(path: Path, opened: list[Path]) -> bool:
    return any(path[: len(each)] == each for each in opened)


_many = settings(max_examples=sample_or_full(40, 100))
opened_sets = st.frozensets(
    st.sampled_from(sorted({piece.name for pieces in PIECES.values() for piece in pieces} | {"unheard_of"}))
)


@_many
@given(answers(), opened_sets)
def test_nothing_outside_what_is_opened_survives_anywhere(answer: SourceAnswer, opened: frozenset[str]) -> None:
    kept = limited(answer, opened)

    allowed = opened_paths(answer.source, opened, labels=True)
    survived = set(leaves(kept.data))
    assert survived <= set(leaves(answer.data))
    assert all(within(path, allowed) for path, _ in survived)
    names = {item for piece in PIECES[answer.source] if piece.name in opened for item in piece.items}
    assert set(kept.items) <= names
    closed = {piece.name for piece in PIECES[answer.source]} - opened
    if closed and answer.state not in (SourceState.ERROR, SourceState.MISSING):
        assert (kept.messages, kept.deviations) == ((), ())


@_many
@given(answers(), opened_sets)
def test_everything_that_is_opened_for_its_own_sake_survives(answer: SourceAnswer, opened: frozenset[str]) -> None:
    if answer.state is SourceState.NOT_ASKED or not all(map(is_table_of_rows, (answer.data or {}).values())):
        return
    wanted = opened_paths(answer.source, opened, labels=False)
    kept = set(leaves(limited(answer, opened).data))

    assert {leaf for leaf in leaves(answer.data) if within(leaf[0], wanted)} <= kept


def is_table_of_rows(value: Any) -> bool:
    """Lists directly in lists are in no contract, and are taken away."""
    if isinstance(value, list):
        return all(not isinstance(each, list) and is_table_of_rows(each) for each in value)
    return all(map(is_table_of_rows, value.values())) if isinstance(value, dict) else True


@settings(max_examples=sample_or_full(15, 40))
@given(answers(), answers(), opened_sets)
def test_what_is_left_out_is_told_by_the_purpose_and_never_by_the_answer(
    one: SourceAnswer, other: SourceAnswer, opened: frozenset[str]
) -> None:
    other = replace(other, source=one.source)
    if SourceState.NOT_ASKED in (one.state, other.state):
        return
    assert limited(one, opened).left_out == limited(other, opened).left_out


@_many
@given(answers(), opened_sets)
def test_the_trail_names_what_left_and_only_that(answer: SourceAnswer, opened: frozenset[str]) -> None:
    kept = limited(answer, opened)

    named = disclosed_fields([kept]).get(answer.source.value, [])
    assert set(named) <= opened
    shown = {piece.name: [tuple(path.split(".")) for path in piece.paths] for piece in PIECES[answer.source]}
    for path, _ in leaves(kept.data):
        claimed = {name for name, paths in shown.items() if within(path, paths)}
        labels = {piece.name for piece in PIECES[answer.source] for text in piece.labels if text == ".".join(path[:2])}
        assert (claimed | labels) & set(named), "something left that the trail does not name"


@_many
@given(answers(), opened_sets)
def test_a_source_read_in_full_stays_read_in_full_and_no_other_becomes_it(
    answer: SourceAnswer, opened: frozenset[str]
) -> None:
    assert limited(answer, opened).state.supports_decision is answer.state.supports_decision


@pytest.mark.parametrize("name", sorted(PERSONS))
def test_the_table_accounts_for_every_piece_that_the_readers_tell(name: str) -> None:
    """With everything open nothing is lost: a reader that tells a new piece must be given a name here."""
    if PERSONS[name].fault is not None:
        return
    for code, answer in asked(FakeTransport([ok(simulated(name))]), inquiry(name)).items():
        everything = frozenset(piece.name for piece in PIECES[code])
        kept = limited(answer, everything)
        assert (kept.data, kept.items, kept.state, kept.left_out) == (answer.data, answer.items, answer.state, ())
        assert (kept.messages, kept.deviations) == (answer.messages, answer.deviations)


def opened_by_the_register(purpose: str) -> dict[SourceCode, frozenset[str]]:
    """What the shipped grounds open to a municipality today."""
    rows = files.grounds().grounds
    found = {}
    for code in SourceCode:
        of_source = [row for row in rows if row["information_set"] == information_set(code)]
        current = [row for row in of_source if row["purpose"] == purpose and row["valid_to"] is None]
        assert all(row["asking_kind"] == "municipality" for row in of_source), "financial aid is for municipalities"
        if current:
            (row,) = current
            found[code] = frozenset(row["fields"])
    return found


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_the_register_opens_pieces_that_exist_at_the_sources_that_the_purpose_asks(purpose: str) -> None:
    opened = opened_by_the_register(purpose)

    assert set(opened) == set(PURPOSES[purpose].sources)
    for code, names in opened.items():
        assert names
        assert names <= {piece.name for piece in PIECES[code]}


def test_a_recovery_sees_what_was_paid_and_decided_and_nothing_else() -> None:
    opened = opened_by_the_register("financial_aid_recovery")
    found = asked(FakeTransport([ok(simulated("complete"))]))

    assert disclosed_fields([limited(found[code], names) for code, names in opened.items()]) == {
        "AF": ["decisions", "status"],
        "CSN": ["payments"],
        "FK": ["payments", "suppliers"],
        "SO": ["payments"],
    }


def test_a_source_that_had_only_what_the_purpose_does_not_open_has_nothing_of_it() -> None:
    found = asked(FakeTransport([ok(simulated("complete"))]))[SourceCode.TNS]
    assert found.state is SourceState.ANSWERED

    kept = limited(found, frozenset())

    assert (kept.state, kept.items, kept.data) == (SourceState.ANSWERED_EMPTY, (), {})
    assert kept.left_out == ("vehicles", "status")


def test_which_funds_there_are_is_told_only_where_the_purpose_opens_them() -> None:
    found = asked(FakeTransport([ok(simulated("complete"))]))[SourceCode.SO]

    assert [part.name for part in limited(found, frozenset({"payments", "funds"})).parts] == ["Exempelkassan"]
    assert limited(found, frozenset({"payments"})).parts == ()


def test_a_row_is_told_only_when_it_has_more_to_tell_than_what_it_is_about() -> None:
    cases = [
        {"kind": "studentFinance", "form": {"code": "1"}, "status": "open", "payments": []},
        {"kind": "studyAllowance", "form": {"code": "2"}, "status": "open", "payments": [{"total": "100"}]},
    ]
    answer = SourceAnswer(SourceCode.CSN, SourceState.ANSWERED, items=("cases", "payments"), data={"cases": cases})

    kept = limited(answer, frozenset({"payments"}))

    shown = {"kind": "studyAllowance", "form": {"code": "2"}, "payments": [{"total": "100"}]}
    assert kept.data == {"cases": [shown]}
    assert kept.items == ("payments",)


def test_why_a_source_could_not_be_reached_is_told_whatever_the_purpose() -> None:
    late = SourceAnswer(SourceCode.AF, SourceState.ERROR, code="TIMEOUT", messages=("Svarade inte i tid",))

    assert limited(late, frozenset()).messages == ("Svarade inte i tid",)


def test_the_page_on_access_has_the_fields_that_the_register_opens() -> None:
    page = (ROOT / "docs" / "access.md").read_text("utf-8")
    rows = {
        cells[0]: [set(re.findall(r"`(\w+)`", cell)) for cell in cells[1:3]]
        for line in page.splitlines()
        if (
            cells := [cell.strip().strip("`") if place == 1 else cell for place, cell in enumerate(line.split("|"))][1:]
        )
        and cells[0] in set(SourceCode)
    }
    first, recovery = (opened_by_the_register(f"financial_aid_{name}") for name in ("application", "recovery"))
    assert first == opened_by_the_register("financial_aid_first_visit")
    assert rows == {code.value: [set(first[code]), set(recovery.get(code, ()))] for code in SourceCode}
