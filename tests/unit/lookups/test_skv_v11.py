"""Skatteverket in version 11: parts with JSON or errors of their own, in a form that nobody has published."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.consultation.lookups.fields import limited
from services.consultation.lookups.sources.domain import Origin, SourceCode, SourceState
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.readers.tax_json import MAX_FACTS
from services.consultation.lookups.sources.ssbtek.sources import read_source
from services.consultation.lookups.sources.ssbtek.tax_parts import TAX_PARTS
from services.consultation.lookups.sources.ssbtek.v11 import V11
from services.consultation.lookups.sources.ssbtek.xml import parse
from tests.sizes import sample_or_full
from tests.unit.lookups.given import MAX_BYTES, FakeTransport, asked, encoded, ok, simulated

pytestmark = pytest.mark.requirement(1)

CAPITAL = {
    "identitetsbeteckning": "189001049809",
    "kapitaluppgift": [{"taxeringsar": "2025", "summaIntakterPaKapital": 1843, "overskottPaKapital": 12.5}],
}
KNOWN_PERSON: dict[str, Any] = {"identitetsbeteckning": "189001049809", "kapitaluppgift": []}


def content(document: Any) -> str:
    return f"<data>{encoded(json.dumps(document))}</data>"


def failure(code: str, origin: str = "BT") -> str:
    return f"<error><kalla>{origin}</kalla><felkod>{code}</felkod><felmeddelande>ord</felmeddelande></error>"


def read_whole(inner: str) -> tuple[Reading, Origin | None]:
    element = parse(f"<SKV>{inner}</SKV>".encode(), max_bytes=MAX_BYTES)
    return read_source(V11.readers[SourceCode.SKV], [element], undivided=True)


def read(**parts: str) -> Reading:
    return read_whole("".join(f"<{name}>{inner}</{name}>" for name, inner in parts.items()))[0]


def states(reading: Reading) -> dict[str, SourceState]:
    return {part.name: part.state for part in reading.parts}


def test_capital_is_read_as_in_version_10() -> None:
    reading = read(skattekonto=failure("404"), skatteuppgifter=content(CAPITAL))

    assert (reading.state, reading.items, reading.deviations) == (SourceState.ANSWERED, ("capital",), ())
    assert reading.data == {
        "names": None,
        "status": None,
        "capital": [
            {
                "taxYear": "2025",
                "income": {"amount": "1843.00", "currency": "SEK"},
                "surplus": {"amount": "12.50", "currency": "SEK"},
            }
        ],
        "facts": [],
    }
    assert reading.subject == "189001049809"


def test_other_values_are_facts_with_the_way_to_them_and_numbers_as_they_were_written() -> None:
    document = {"konto": {"saldo": -1200.1, "poster": [{"belopp": 5}, {"belopp": 6, "klar": True, "text": "ord"}]}}
    reading = read(skattekonto=content(document), skatteuppgifter=content(KNOWN_PERSON))

    assert reading.items == ("facts",)
    assert reading.data is not None
    assert reading.data["facts"] == [
        {
            "part": "skattekonto",
            "facts": [
                {"name": "konto.saldo", "value": "-1200.1"},
                {"name": "konto.poster.1.belopp", "value": "5"},
                {"name": "konto.poster.2.belopp", "value": "6"},
                {"name": "konto.poster.2.klar", "value": True},
                {"name": "konto.poster.2.text", "value": "ord"},
            ],
        }
    ]


def test_the_sources_own_404_proves_that_a_part_is_empty_and_nobody_elses_does() -> None:
    assert read(skattekonto=failure("404"), skatteuppgifter=failure("404")).state is SourceState.ANSWERED_EMPTY
    assert states(read(skattekonto=failure("404", "SSBT"))) == {
        "skattekonto": SourceState.ERROR,
        "skatteuppgifter": SourceState.MISSING,
    }


def test_an_answer_about_somebody_without_anything_is_proven_empty() -> None:
    reading = read(skattekonto=failure("404"), skatteuppgifter=content(KNOWN_PERSON))

    assert reading.state is SourceState.ANSWERED_EMPTY


@pytest.mark.parametrize("document", [{}, [], None, {"a": {}}])
def test_json_that_says_nothing_is_no_proof(document: Any) -> None:
    reading = read(skattekonto=failure("404"), skatteuppgifter=content(document))

    assert states(reading)["skatteuppgifter"] is SourceState.UNPARSEABLE
    assert reading.state is SourceState.PARTIAL
    assert reading.deviations == ("no content: skatteuppgifter",)


@pytest.mark.parametrize("inner", ["", "<data/>", "<data>inte base64!</data>", f"<data>{encoded('{')}</data>", "<x/>"])
def test_a_part_that_cannot_be_read_costs_that_part_alone(inner: str) -> None:
    reading = read(skattekonto=inner, skatteuppgifter=content(CAPITAL))

    assert states(reading) == {"skattekonto": SourceState.UNPARSEABLE, "skatteuppgifter": SourceState.ANSWERED}
    assert reading.state is SourceState.PARTIAL
    assert reading.data is not None
    assert len(reading.data["capital"]) == 1


def test_when_no_part_is_read_an_error_goes_before_the_rest_and_has_its_origin() -> None:
    reading, origin = read_whole(f"<skattekonto>{failure('500')}</skattekonto><skatteuppgifter/>")

    assert (reading.state, reading.code, reading.messages, origin) == (SourceState.ERROR, "500", ("ord",), Origin.BT)
    assert reading.data is None
    assert read(skattekonto="", skatteuppgifter="").state is SourceState.UNPARSEABLE


def test_an_error_for_the_whole_of_it_is_the_sources() -> None:
    reading, origin = read_whole(failure("TIMEOUT", "SSBT"))

    assert (reading.state, reading.code, origin) == (SourceState.ERROR, "TIMEOUT", Origin.SSBT)


def test_parts_are_found_inside_a_data_element_too() -> None:
    direct = read(skattekonto=failure("404"), skatteuppgifter=content(CAPITAL))
    inner = f"<skattekonto>{failure('404')}</skattekonto><skatteuppgifter>{content(CAPITAL)}</skatteuppgifter>"

    assert read_whole(f"<data>{inner}</data>")[0] == direct


def test_an_answer_without_any_part_is_unparseable() -> None:
    for inner in ("", "<data/>", "<okant/>", "prosa"):
        assert read_whole(inner)[0].state is SourceState.UNPARSEABLE


def test_a_part_under_an_unknown_name_keeps_the_rest_from_looking_empty() -> None:
    inner = f"<skattekonto>{failure('404')}</skattekonto><skatteuppgifter>{failure('404')}</skatteuppgifter><nytt/>"
    reading = read_whole(inner)[0]

    assert (reading.state, reading.deviations) == (SourceState.PARTIAL, ("unknown element: nytt",))


@pytest.mark.parametrize(("mark", "protected"), [(True, True), ("J", True), (1, True), (False, False), ("", False)])
def test_a_mark_for_secrecy_protects(mark: Any, protected: bool) -> None:
    reading = read(skatteuppgifter=content({**CAPITAL, "sekretessmarkering": mark}))

    assert reading.protected is protected
    assert "ekretess" not in json.dumps(reading.data)


def test_who_the_person_is_is_not_among_the_facts() -> None:
    named = {**CAPITAL, "fornamn": "Test", "efternamn": "Exempelsson", "personnummer": "189001049809"}
    reading = read(skatteuppgifter=content(named))

    assert reading.data is not None
    assert reading.data["facts"] == []


@pytest.mark.parametrize("amount", ["prosa", True, [1], 1e300])
def test_an_amount_that_cannot_be_read_makes_its_part_partial(amount: Any) -> None:
    row = {"taxeringsar": "2025", "summaIntakterPaKapital": amount, "overskottPaKapital": 1}
    reading = read(skattekonto=failure("404"), skatteuppgifter=content({"kapitaluppgift": row}))

    assert states(reading)["skatteuppgifter"] is SourceState.PARTIAL
    assert reading.state is SourceState.PARTIAL


def test_hostile_json_costs_its_part_alone() -> None:
    deep = f"<data>{encoded('[' * 40 + ']' * 40)}</data>"
    bottomless = f"<data>{encoded('[' * 100_000)}</data>"
    many = content([{"a": n} for n in range(MAX_FACTS + 1)])
    for hostile, state in ((deep, "unparseable"), (bottomless, "unparseable"), (many, "partial")):
        reading = read(skattekonto=hostile, skatteuppgifter=content(CAPITAL))
        assert states(reading) == {"skattekonto": state, "skatteuppgifter": "answered"}


def test_the_pieces_of_skatteverket_account_for_all_that_version_11_tells() -> None:
    answer = asked(FakeTransport([ok(simulated("complete", version=V11))]), version=V11)[SourceCode.SKV]
    assert answer.data is not None
    assert answer.data["facts"]

    everything = limited(answer, frozenset({"capital", "status"}))
    nothing = limited(answer, frozenset())

    assert (everything.data, everything.items, everything.state) == (answer.data, answer.items, answer.state)
    assert (nothing.data, nothing.items, nothing.state) == ({}, (), SourceState.ANSWERED_EMPTY)


_KEYS = [*CAPITAL, "taxeringsar", "summaIntakterPaKapital", "a", "1"]
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
    max_leaves=12,
)
_PARTS = st.one_of(
    _VALUES.map(content),
    st.builds(failure, st.sampled_from(["404", "500"]), st.sampled_from(["BT", "SSBT", "X"])),
    st.sampled_from(["", "<data>%</data>", "<okant/>"]),
)


@settings(max_examples=sample_or_full(60, 150))
@given(st.dictionaries(st.sampled_from(TAX_PARTS), _PARTS, max_size=5), _PARTS)
def test_what_one_part_is_never_changes_another(parts: dict[str, str], other: str) -> None:
    before, after = read(**parts), read(**{**parts, "foretagsinformation": other})

    kept = {part.name: part for part in before.parts if part.name != "foretagsinformation"}
    assert {part.name: part for part in after.parts if part.name in kept} == kept or not before.parts
    if after.state in (SourceState.ANSWERED, SourceState.ANSWERED_EMPTY):
        assert all(part.state.supports_decision for part in after.parts)
    for leaf in _leaves(after.data):
        assert leaf is None or type(leaf) in (str, bool)


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]
