"""Issuers that are not ours, as a process: npm's oidc-provider in FAPI 2.0 mode."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.interop.node import FOLDER


@dataclass(frozen=True, slots=True)
class Provider:
    """One issuer: its name, and where its keys are."""

    issuer: str
    jwks_url: str


@contextmanager
def issuing(issuers: dict[str, Any]) -> Iterator[dict[str, Provider]]:
    """The issuers by name, as the script's plan describes them; the process is ended with the block."""
    command = ["node", "issue-with-oidc-provider.mjs"]
    with subprocess.Popen(
        command, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"issuers": issuers}))
            process.stdin.close()
            told = json.loads(process.stdout.readline() or "null")
            assert told, f"oidc-provider did not start: node {command[1]}, in {FOLDER}"
            yield {name: Provider(each["issuer"], each["jwksUrl"]) for name, each in told.items()}
        finally:
            process.kill()
