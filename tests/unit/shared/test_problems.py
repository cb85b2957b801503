"""Refusals in both languages, in the one that the caller prefers."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import services.consultation.problems  # the catalogue is filled when it is read
import services.gateway.proxy.refusals  # noqa: F401
from shared.problems import NOT_FOUND, Problem, ProblemKind, Words, encode_problem, preferred_language, problem_document
from tests.sizes import sample_or_full

KINDS = sorted(ProblemKind.catalogue.values(), key=lambda kind: kind.code)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_kind_says_what_and_what_to_do_in_both_languages(kind: ProblemKind) -> None:
    document = problem_document(Problem(kind), language="sv", type_base="https://x/", instance="urn:uuid:1")

    for language in ("sv", "en"):
        assert all(document["texts"][language][name].strip() for name in ("title", "detail", "action"))
    assert kind.title.sv != kind.title.en
    assert kind.action.sv != kind.action.en
    assert re.fullmatch(r"[a-z][a-z_]+", kind.code)
    assert 400 <= kind.status < 600
    assert document["type"] == f"https://x/{kind.code}"


def test_a_code_belongs_to_one_kind() -> None:
    with pytest.raises(ValueError, match="not_found"):
        ProblemKind("not_found", 410, Words("Borta", "Gone"), Words("Sluta", "Stop"))


def test_the_words_are_in_the_language_that_was_asked_for() -> None:
    for language, title in (("sv", NOT_FOUND.title.sv), ("en", NOT_FOUND.title.en)):
        body = json.loads(encode_problem(Problem(NOT_FOUND), language=language, type_base="", instance=""))
        assert body["title"] == title


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "sv"),
        ("", "sv"),
        ("en", "en"),
        ("sv", "sv"),
        ("EN-GB", "en"),
        ("de", "sv"),
        ("de, en;q=0.5", "en"),
        ("en, sv", "en"),
        ("sv;q=0.5, en;q=0.9", "en"),
        ("en;q=0.5, sv;q=0.9", "sv"),
        ("en;q=0", "sv"),
        ("en;q=nan", "sv"),
        ("en;q=x, sv;q=0.1", "sv"),
        ("*", "sv"),
        (", ,;;=,", "sv"),
    ],
)
def test_the_language_is_the_one_preferred_and_swedish_by_default(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


@given(st.text(max_size=200))
@settings(max_examples=sample_or_full(100, 5000), deadline=None)
def test_any_header_chooses_one_of_the_two(header: str) -> None:
    assert preferred_language(header) in ("sv", "en")
