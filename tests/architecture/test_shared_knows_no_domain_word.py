"""`shared` holds mechanisms: a word of the business in it means that something lies in the wrong place."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared"
GLOSSARY = ROOT / "docs" / "glossary.md"
SECTION = "## Words of the business"

# May only become shorter. Each says why the word is there.
ALLOWED = {
    ("shared/audit.py", "ground"): "tells what belongs in the detail of an entry",
    ("shared/audit.py", "case reference"): "the same",
    ("shared/http/bodies.py", "identity number"): "why input is never echoed",
    ("shared/identity.py", "identity number"): "what the filter blots out",
    ("shared/vault.py", "identity number"): "why a bare hash is not enough",
}


def test_no_word_of_the_business_stands_in_shared() -> None:
    found = uses(files(), business_words())
    extra = sorted(found - ALLOWED.keys())
    assert not extra, f"move what this is about to its service, or find the mechanism's own word: {extra}"


def test_the_list_of_exceptions_holds_nothing_that_is_gone() -> None:
    gone = sorted(ALLOWED.keys() - uses(files(), business_words()))
    assert not gone, f"remove from ALLOWED, so that the words can't come back: {gone}"


def test_the_search_has_looked_at_something() -> None:
    names = {str(file.relative_to(ROOT)) for file in files()}
    assert len(names) > 20
    assert {"shared/audit.py", "shared/database/engine.py", "shared/tokens/verifier.py"} <= names
    words = business_words()
    assert len(words) > 30
    assert {"consultation", "look-up", "municipality", "local agreement", "lead time"} <= set(words)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def open_consultation(): ...", "consultation"),
        ("class LeadTimes: ...", "lead time"),
        ("held = row.case_reference", "case reference"),
        ('"""Finds look-ups."""', "look-up"),
        ("value = 1\n'''Of a municipality.'''", "municipality"),
        ("def of(municipalities): ...", "municipality"),
    ],
)
def test_the_search_finds_a_word_wherever_it_stands(source: str, word: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.py"
    file.write_text(source, "utf-8")
    assert (str(file), word) in uses([file], business_words())


def files() -> list[Path]:
    """Every Python file of shared."""
    return sorted(SHARED.rglob("*.py"))


def business_words() -> list[str]:
    """The English names in the glossary's section of words that belong to the business alone."""
    section = GLOSSARY.read_text("utf-8").partition(SECTION)[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")]
    cells = [row[2].strip() for row in rows if len(row) > 3]
    return [word.strip() for cell in cells if cell != "English" for word in cell.split(",")]


def uses(where: list[Path], words: list[str]) -> set[tuple[str, str]]:
    """Which word stands in which file: in its name, its identifiers or its docstrings."""
    patterns = {word: _pattern(word) for word in words}
    found = set()
    for file in where:
        name = str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)
        text = " \n ".join(_plain(piece) for piece in _pieces(file))
        found |= {(name, word) for word, pattern in patterns.items() if pattern.search(text)}
    return found


def _pieces(file: Path) -> Iterator[str]:
    yield file.stem
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) if not hasattr(builtins, name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


def _plain(piece: str) -> str:
    """`LeadTimes`, `lead_times` and `Lead-times` all become `lead times`."""
    return re.sub(r"[\s_-]+", " ", re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", " ", piece)).lower()


def _pattern(word: str) -> re.Pattern[str]:
    plain = _plain(word)
    plural = f"{plain[:-1]}ies" if plain.endswith("y") else f"{plain}e?s"
    return re.compile(rf"\b(?:{plain}|{plural})\b")
