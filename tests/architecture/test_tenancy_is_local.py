"""No statement of ours sets the organisation, or a role, for longer than its transaction.

The connections are shared, and nothing resets a session between two users of one.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SETS = re.compile(r"set_config\((?P<arguments>[^()]*)\)")
_FOR_THE_SESSION = re.compile(
    r"\b(?:SET\s+(?:SESSION|ROLE|app\.|row_security)|(?-i:RESET)\s+[A-Z]|row_security\s*=)", re.IGNORECASE
)


def sources() -> list[Path]:
    return sorted(path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py"))


def faults(source: str) -> list[str]:
    """What a statement in a source does to its session."""
    lasting = [found.group() for found in _SETS.finditer(source) if not found["arguments"].rstrip().endswith("true")]
    return [*lasting, *(found.group() for found in _FOR_THE_SESSION.finditer(source))]


def test_every_setting_is_local_to_its_transaction() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text("utf-8")) for path in sources()}

    assert {path: told for path, told in found.items() if told} == {}
    assert sum(len(_SETS.findall(path.read_text("utf-8"))) for path in sources()) > 2, "the search finds them"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT set_config('app.org', :org, false)",
        "SET app.org = 'x'",
        "SET SESSION AUTHORIZATION x",
        "set role consultation_owner",
        "SET row_security = off",
        "RESET ALL",
    ],
)
def test_a_setting_that_outlives_it_would_be_found(statement: str) -> None:
    assert faults(statement)
