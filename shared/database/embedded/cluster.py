"""A new database, by initdb: whole or absent, wherever the power goes."""

import os
import shutil
from pathlib import Path

from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.folders import own
from shared.database.embedded.log import last_words
from shared.database.embedded.programs import Launch
from shared.database.embedded.settings import SUPERUSER


def holds_database(data: Path) -> bool:
    """Whether initdb has been here."""
    return (data / "PG_VERSION").exists()


def make_database(launch: Launch, data: Path, *, link: Path) -> None:
    """Run initdb under another name and rename. `link` then leads to the data."""
    if data.exists() and any(data.iterdir()):
        raise PostgresUnavailable(
            f"{data} is not empty and holds no PostgreSQL data. Move it away, or start with another folder."
        )
    new = data.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    own(new, launch.footing)
    if launch.run("initdb", _initdb_arguments(new)) != 0:
        raise PostgresUnavailable(f"initdb could not make a database in {data}. {last_words(launch.log)}")
    new.rename(data)
    _sync_folder(data.parent)
    if link != data:
        link.symlink_to(data)
        _sync_folder(link.parent)


def _initdb_arguments(data: Path) -> list[str]:
    # The wheel has no ICU. The built-in C.UTF-8 sorts by code point and folds case in all of Unicode, alike on
    # every machine: indexes survive a change of system libraries.
    return [
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-locale",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
    ]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
