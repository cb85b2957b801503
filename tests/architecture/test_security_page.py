"""docs/security.md promises nothing without a test, and names no test that is not there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "security.md"
_NAMED = re.compile(r"`(?P<file>test_\w+\.py)(?:::(?P<function>test_\w+))?`")
_ROW = re.compile(r"^\| (?P<what>[^|]+) \|(?P<rest>.*)\|$", re.MULTILINE)

RISKS = (
    "Broken object level authorization",
    "Broken authentication",
    "Broken object property level authorization",
    "Unrestricted resource consumption",
    "Broken function level authorization",
    "Unrestricted access to sensitive business flows",
    "Server side request forgery",
    "Security misconfiguration",
    "Improper inventory management",
    "Unsafe consumption of APIs",
)


def named(text: str) -> list[tuple[str, str | None]]:
    """Files of tests, and functions in them, that a text names."""
    return [(found["file"], found["function"]) for found in _NAMED.finditer(text)]


@cache
def everywhere() -> tuple[Path, ...]:
    """The tests, and not what Node has brought."""
    return tuple(sorted(path for path in TESTS.rglob("test_*.py") if "node_modules" not in path.parts))


def files(name: str) -> list[Path]:
    """Where tests of that name stand."""
    return [path for path in everywhere() if path.name == name]


def is_there(name: str, function: str | None) -> bool:
    """Whether a file, or a function in one, is a test."""
    return any(function in functions(file) if function else functions(file) for file in files(name))


@cache
def functions(file: Path) -> set[str]:
    """The tests of a file."""
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def rows(section: str) -> dict[str, str]:
    """The rows of the table of a section: what stands first, and the rest."""
    text = PAGE.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = {row["what"].strip(): row["rest"] for row in _ROW.finditer(text)}
    return {what: rest for what, rest in found.items() if set(what) - set("- ") and what not in ("risk", "who")}


@pytest.mark.parametrize(("name", "function"), sorted(set(named(PAGE.read_text("utf-8"))), key=str))
def test_every_test_that_the_page_names_is_there(name: str, function: str | None) -> None:
    assert is_there(name, function)


def test_every_risk_of_the_ten_has_a_row_with_a_test_of_its_own_that_is_there() -> None:
    table = rows("The ten risks of OWASP")
    assert list(table) == [f"API{number} {risk}" for number, risk in enumerate(RISKS, 1)]
    for risk, rest in table.items():
        assert any(function and is_there(name, function) for name, function in named(rest)), risk


def test_every_promise_has_a_test_that_is_there() -> None:
    table = rows("What is promised")
    assert list(table) == [str(number) for number in range(1, len(table) + 1)]
    assert len(table) >= 10
    for number, rest in table.items():
        assert any(is_there(name, function) for name, function in named(rest)), number


def test_every_attack_is_named_on_the_page() -> None:
    """Nobody has to look for what an attack is there for."""
    attacks = {file.name for file in (TESTS / "attack").glob("test_*.py")}
    assert attacks <= {name for name, _ in named(PAGE.read_text("utf-8"))}


def test_every_attack_is_run_by_make_attack() -> None:
    for file in (TESTS / "attack").glob("test_*.py"):
        assert re.search(r"^pytestmark = .*pytest\.mark\.attack\b", file.read_text("utf-8"), re.MULTILINE), file.name
