"""The databases of the sandbox, for commands that read or change what a running instance has written."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from services.assembly.environment import CannotStart
from shared.database.embedded import EmbeddedPostgres, PostgresUnavailable


def name_databases(home: Path, stack: ExitStack, wanted: Mapping[str, tuple[str, str]]) -> None:
    """Set the variables that are not set, whether the sandbox is running or not. `wanted` names database and role.

    Raises CannotStart when there is no sandbox.
    """
    missing = {name: each for name, each in wanted.items() if not os.environ.get(name)}
    if not missing:
        return
    if not (home / "postgres" / "data").exists():
        raise CannotStart(f"{home} holds no database yet; start the sandbox first: make run")
    postgres = EmbeddedPostgres(home / "postgres")
    if not postgres.answers():
        try:
            stack.enter_context(postgres)
        except PostgresUnavailable as fault:
            raise CannotStart(str(fault)) from None
    for name, (database, role) in missing.items():
        os.environ[name] = postgres.url(database, role)
