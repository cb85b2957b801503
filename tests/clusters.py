"""Databases of tests: where they lie, and a furnished one to begin with.

A new database takes `initdb` and every migration, some two seconds of work; a copy of one that is made takes a tenth.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

import asyncpg

from services import __main__ as samrad
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.embedded.footing import choose_footing

_MEMORY = Path("/dev/shm")  # noqa: S108 - only the parent of a private folder
_ROOM = 4_000_000_000
"""What the databases of a whole run may take, in bytes."""


@contextmanager
def temporary_files_of_a_run() -> Iterator[None]:
    """Temporary files of this process, and of those that it starts, go to a folder that is removed afterwards.

    It lies in memory where there is room, unless TMPDIR says where: on a disk, every request waits for what it commits
    to be written. Workers of xdist share the folder of who has started them.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        yield
        return
    given = os.environ.get("TMPDIR")
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    parent = given or (_MEMORY if roomy else None)
    with tempfile.TemporaryDirectory(prefix="samrad-tests-", dir=parent, ignore_cleanup_errors=True) as folder:
        # What is in it is private; a server without our rights has to come through.
        Path(folder).chmod(0o711)
        os.environ["TMPDIR"], tempfile.tempdir = folder, None
        try:
            yield
        finally:
            tempfile.tempdir = None
            if given is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = given


def furnish(home: Path) -> None:
    """Lay the databases of a sandbox into an empty folder, as `EmbeddedPostgres(home)` has made and left them."""
    if _template_can_be_copied():
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Not by shutil: a thousand small files take it three times as long.
        subprocess.run(["cp", "-a", str(_template() / "data"), str(home / "data")], check=True)


@cache
def _template_can_be_copied() -> bool:
    """Not where root's server has no rights to our folders: what it makes lies elsewhere, and is somebody else's."""
    return choose_footing(Path("absent")).way != "setuid"


def _template() -> Path:
    """Made once in a run, by the worker that is first to ask for it."""
    place = Path(tempfile.gettempdir(), "template")
    place.mkdir(mode=0o711, exist_ok=True)
    with (place / "making").open("w") as making:
        flock(making, LOCK_EX)
        if not (place / "made").exists():
            shutil.rmtree(place / "postgres", ignore_errors=True)
            with EmbeddedPostgres(place / "postgres") as postgres:
                asyncio.run(_prepare(postgres))
            (place / "made").touch()
    return place / "postgres"


async def _prepare(postgres: EmbeddedPostgres) -> None:
    await samrad.prepare_databases(postgres.url, SUPERUSER)
    for database in ("consultation", "agreements"):
        connection = await asyncpg.connect(database=database, user=SUPERUSER, host=str(postgres.socket_directory))
        # As autovacuum would do a minute after each start: until then plans are made on guesses.
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
