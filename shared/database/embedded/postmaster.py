"""`postmaster.pid` in the data folder: what the server says of itself, and what a dead one left behind."""

import contextlib
from pathlib import Path

from shared.database.embedded.errors import PostgresUnavailable


def postmaster_pid(data: Path) -> int | None:
    """The process that the file names; whether it lives, and is PostgreSQL, the file can't know."""
    lines = _lines(data)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def says_ready(data: Path) -> bool:
    """Whether sessions are let in: the line that `pg_ctl` waits for too, written when recovery is done."""
    lines = _lines(data)
    return len(lines) >= 8 and lines[7].strip() == "ready"


def forget_stale_postmaster(data: Path) -> None:
    """Remove the file: its process id may since have gone to another program, and would block us.

    We hold the lock, so no server of ours lives; one started by hand is known by its working folder.
    """
    pid = postmaster_pid(data)
    if pid is not None:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").samefile(data):
                raise PostgresUnavailable(
                    f"A PostgreSQL started by other means runs on {data} (process {pid}). End it and start again."
                )
    (data / "postmaster.pid").unlink(missing_ok=True)


def _lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
