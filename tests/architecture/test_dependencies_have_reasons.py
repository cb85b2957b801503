"""A dependency has its reason beside it, and what is installed is pinned by hash, wherever it is fetched from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "pyproject.toml"
LOCKS = ("requirements.lock", "requirements-dev.lock")
_DEPENDENCY = re.compile(r'^  "(?P<name>[A-Za-z0-9._-]+)[^"]*",$')
_PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)(?:\[[a-z0-9,._-]+\])?==(?P<version>\S+)")


def test_each_dependency_has_a_comment_above_it() -> None:
    text = PROJECT.read_text("utf-8").partition("\n[tool.")[0].splitlines()
    places = [(number, found["name"]) for number, line in enumerate(text) if (found := _DEPENDENCY.match(line))]
    declared = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    wanted = len(declared["dependencies"]) + sum(map(len, declared["optional-dependencies"].values()))
    assert len(places) == wanted, "write each dependency on a line of its own"
    bare = [name for number, name in places if not re.match(r"  # \S.{4,}", text[number - 1])]
    assert not bare, f"say in a comment above what it is for: {bare}"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_is_pinned_with_hashes(lock: str) -> None:
    blocks = requirements(lock)
    assert len(blocks) > 30
    loose = [block.splitlines()[0] for block in blocks if not _PINNED.match(block) or "--hash=sha256:" not in block]
    assert not loose, f"run make lock: {loose}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    addresses = [
        line for line in (ROOT / lock).read_text("utf-8").splitlines() if re.search(r"://| @ |-url|-links", line)
    ]
    assert not addresses, f"a lock holds for any mirror: {addresses}"


@pytest.mark.parametrize("lock", LOCKS)
def test_each_declared_dependency_is_in_the_lock(lock: str) -> None:
    declared = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    wanted = list(declared["dependencies"])
    if lock == "requirements-dev.lock":
        wanted += declared["optional-dependencies"]["dev"]
    pinned = {found["name"] for block in requirements(lock) if (found := _PINNED.match(block))}
    absent = [name for name in wanted if re.split(r"[\[<>=~ ;]", name)[0].lower() not in pinned]
    assert not absent, f"run make lock: {absent}"


def test_the_npm_lock_has_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "tests" / "node" / "package-lock.json").read_text("utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert len(installed) > 10
    assert not [name for name, package in installed.items() if "resolved" in package]
    assert not [name for name, package in installed.items() if "integrity" not in package]


def requirements(lock: str) -> list[str]:
    """One text for each requirement, with its continuation lines."""
    text = (ROOT / lock).read_text("utf-8")
    return [block for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if block.strip()]
