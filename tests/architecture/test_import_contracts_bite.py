"""The import contracts of pyproject.toml, each shown to refuse what it is there for."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

# For each contract: lines to plant at the end of files.
PLANTED: dict[str, dict[str, str]] = {
    "Services are independent of each other": {
        "services/consultation/scopes.py": "import services.agreements.scopes",
    },
    "Commands are clients: they import no service": {
        "services/command/call.py": "import services.gateway.scopes",
    },
    "No service knows how it is put together": {
        "services/gateway/health.py": "import services.assembly.environment",
    },
    "The domain is plain: no database, HTTP or framework": {
        "services/consultation/consultations/domain.py": "import sqlalchemy",
    },
    "No cycles between the features of a service, or the parts of shared": {
        "services/consultation/clocks/domain.py": "import services.consultation.leadtimes.domain",
    },
    "shared imports no service": {
        "shared/clock.py": "import services.sandbox",
    },
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code with our configuration."""
    for name in ("services", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    outcome = lint(tree)
    assert outcome.returncode == 0, outcome.stdout
    assert f"Contracts: {len(contracts())} kept, 0 broken." in outcome.stdout


def test_every_contract_has_a_planted_breach() -> None:
    assert sorted(PLANTED) == sorted(contracts())


@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_a_planted_breach_is_refused(contract: str, tree: Path) -> None:
    for file, line in PLANTED[contract].items():
        with (tree / file).open("a", encoding="utf-8") as opened:
            opened.write(f"\n{line}\n")
    outcome = lint(tree)
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert f"{contract} BROKEN" in outcome.stdout


def contracts() -> list[str]:
    """The names of our contracts."""
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    return [contract["name"] for contract in configured]


def lint(tree: Path) -> "subprocess.CompletedProcess[str]":
    """Run the linter on a tree, in it, as `make check` does."""
    command = [str(LINTER), "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=60, check=False)
