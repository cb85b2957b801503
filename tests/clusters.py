"""A furnished database for tests to begin with.

A new database takes `initdb` and every migration, some two seconds of work; a copy of one that is made takes a tenth.
"""

import asyncio
import shutil
import subprocess
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

import asyncpg

from services.assembly.commands.serving import prepare_databases
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.embedded.footing import choose_footing
from tests.temporary import folder_of_the_run


def furnish(home: Path) -> None:
    """Lay the databases of a sandbox into an empty folder, as `EmbeddedPostgres(home)` has made and left them.

    Outside a run of tests the folder stays empty, and whoever starts in it makes them.
    """
    folder = folder_of_the_run()
    if folder is not None and _can_be_copied():
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Not by shutil: so many small files take it twice as long.
        subprocess.run(["cp", "-a", str(_template(folder / "template") / "data"), str(home / "data")], check=True)


@cache
def _can_be_copied() -> bool:
    """Not where root's server has no rights to our folders: what it makes lies elsewhere, and is somebody else's."""
    return choose_footing(Path("absent")).way != "setuid"


def _template(place: Path) -> Path:
    """Made once in a run, by the worker that is first to ask for it."""
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
    await prepare_databases(postgres.url, SUPERUSER)
    for database in ("consultation", "agreements"):
        connection = await asyncpg.connect(database=database, user=SUPERUSER, host=str(postgres.socket_directory))
        # As autovacuum would do a minute after each start: until then plans are made on guesses.
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
