"""Every refusal and every scope says what it has to say in Swedish and in English."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import services
import shared
from shared.problems import ProblemKind, Words
from shared.tokens.scopes import Scope

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(
    r"^\| `(?P<code>[a-z_]+)` \| (?P<status>\d{3}) \| (?P<title>.+?) \| (?P<action>.+?) \|$", re.MULTILINE
)


def modules() -> list[str]:
    """Every module of the product but the programs, which run when they are loaded."""
    found = [
        module.name
        for package in (services, shared)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return [name for name in found if not name.endswith("__main__")]


def kinds() -> list[ProblemKind]:
    """Every kind of problem that any module can raise."""
    for name in modules():
        importlib.import_module(name)
    return sorted(ProblemKind.catalogue.values(), key=lambda kind: kind.code)


def scopes() -> list[tuple[str, Scope]]:
    """Every scope, with the module that words it: the issuer and the services each have words of their own."""
    found = []
    for name in modules():
        if name.endswith(".scopes"):
            module = importlib.import_module(name)
            values = list(vars(module).values())
            values += [scope for scopes in getattr(module, "CATALOGUE", {}).values() for scope in scopes]
            found += [(name, value) for value in values if isinstance(value, Scope)]
    return found


@pytest.mark.requirement(109)
def test_every_problem_has_a_title_and_an_action_in_both_languages() -> None:
    assert len(kinds()) > 25, "so few were found that the search must be broken"
    wrong = [kind.code for kind in kinds() if faults(kind.title) or faults(kind.action)]
    assert not wrong, f"title and action are written in Swedish and in English: {wrong}"


@pytest.mark.requirement(109)
def test_every_scope_says_what_it_allows_in_both_languages() -> None:
    assert len(scopes()) > 15, "so few were found that the search must be broken"
    wrong = [f"{name} {scope.name}" for name, scope in scopes() if faults(scope.allows)]
    assert not wrong, f"a scope says in words what it allows: {wrong}"


@pytest.mark.parametrize(
    "words", [Words("", "Text"), Words("Text", " "), Words("Samma ord", "Samma ord"), Words("text", "Text")]
)
def test_words_that_are_missing_alike_or_without_a_capital_are_found(words: Words) -> None:
    assert faults(words)


def test_the_integration_page_lists_every_problem_as_the_code_has_it() -> None:
    page = (ROOT / "docs" / "integration.md").read_text("utf-8")
    listed = {row["code"]: (int(row["status"]), row["title"], row["action"]) for row in _ROW.finditer(page)}
    raised = {kind.code: (kind.status, kind.title.en, kind.action.en) for kind in kinds()}
    differing = sorted(code for code in listed.keys() | raised.keys() if listed.get(code) != raised.get(code))
    assert not differing, f"put the rows right in docs/integration.md: {differing}"


def faults(words: Words) -> bool:
    """Whether a language is missing, both are alike, or a sentence doesn't begin as one."""
    texts = (words.sv.strip(), words.en.strip())
    return not all(texts) or texts[0] == texts[1] or any(not text[0].isupper() for text in texts)
