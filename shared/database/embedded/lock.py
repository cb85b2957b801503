"""`postgres.lock`: one owner for each folder, and nobody left over.

It is an exclusive `flock`, inherited by PostgreSQL and every backend: free when, and only when, no process of
an earlier start lives, whatever process ids say. Its text names the owner, for the refusal only.
"""

import fcntl
import logging
import os
import time
from pathlib import Path

from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.postmaster import postmaster_pid

_log = logging.getLogger(__name__)

_LOCK_SECONDS = 20.0
_OWNER_SECONDS = 1.0  # a living owner may be about to end: kill -9 takes a moment, and so does a restart
_POLL_SECONDS = 0.01


def take_lock(home: Path) -> int:
    """Open and lock the folder's lock file; the descriptor is the lock.

    Waits up to 20 s for the PostgreSQL of a dead owner to end, and a second for a living owner.
    """
    descriptor = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(descriptor, home)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _identity(os.getpid()).encode(), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _wait(descriptor: int, home: Path) -> None:
    begun = time.monotonic()
    told = False
    while not _locked(descriptor):
        owner = os.pread(descriptor, 100, 0).decode(errors="replace")
        pid = owner.partition(" ")[0]
        lives = pid.isdigit() and " " in owner and owner == _identity(int(pid))
        waited = time.monotonic() - begun
        if lives and waited > _OWNER_SECONDS:
            raise PostgresUnavailable(
                f"The database folder {home} is in use by process {pid}. End that process, or start this "
                "one with a folder of its own."
            )
        if waited > _LOCK_SECONDS:
            raise PostgresUnavailable(
                f"The database folder {home} is still held by the PostgreSQL of an earlier start (process "
                f"{postmaster_pid(home / 'data') or 'unknown'}); its owner, process {pid or 'unknown'}, "
                "is not seen here. End the server with SIGQUIT, or start with another folder."
            )
        if not told:
            told = True
            _log.info("Waiting for the earlier PostgreSQL in %s to end", home)
        time.sleep(_POLL_SECONDS)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _identity(pid: int) -> str:
    """`pid` and its start in ticks since boot, together never used again; only `pid` when nothing is known."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return str(pid)
    fields = line.rpartition(")")[2].split()  # the program's name, in brackets, may hold anything
    state, started = fields[0], fields[19]
    return str(pid) if state in "ZX" else f"{pid} {started}"
