"""Scripts of `tests/node`, run with what they are told."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "node"
_SECONDS = 60

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def run_script(name: str, plan: object) -> dict[str, Any]:
    """What the script answers to the plan."""
    return json.loads(run_node([name], json.dumps(plan)))  # type: ignore[no-any-return]


def run_node(arguments: list[str], told: str = "", **environment: str) -> str:
    """What Node prints. Its packages are those of `tests/node`."""
    done = subprocess.run(
        ["node", *arguments],
        cwd=FOLDER,
        env={**os.environ, **environment},
        input=told,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
