"""Issuers that are not ours, as a process: npm's oidc-provider in FAPI 2.0 mode."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from tests.interop.node import FOLDER


@dataclass(frozen=True, slots=True)
class Provider:
    """One issuer: its name, and where its keys are."""

    issuer: str
    jwks_url: str


@contextmanager
def issuing(issuers: dict[str, Any]) -> Iterator[dict[str, Provider]]:
    """The issuers by name, as the script's plan describes them; the process is ended with the block."""
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            ["node", "issue-with-oidc-provider.mjs"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"issuers": issuers}))
            process.stdin.close()
            told = process.stdout.readline()
            assert told, _read(log)
            yield {name: Provider(each["issuer"], each["jwksUrl"]) for name, each in json.loads(told).items()}
        finally:
            process.kill()


def _read(log: IO[str]) -> str:
    log.seek(0)
    return log.read()
