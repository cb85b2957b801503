"""The folder of the socket: short, since the address of a socket is, and private: whoever reaches it is trusted."""

import contextlib
import os
import socket
import stat
from pathlib import Path

from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.folders import short_hash
from shared.database.embedded.footing import Footing
from shared.database.embedded.settings import PORT

_SOCKET_NAME = f".s.PGSQL.{PORT}"


def socket_directory_for(home: Path) -> Path:
    """The same for a user and home at every start."""
    return Path("/tmp", f"samrad-{os.geteuid()}-{short_hash(home)}")  # noqa: S108 - refused when it is not ours


def listens(folder: Path) -> bool:
    """Whether somebody answers at the socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(folder / _SOCKET_NAME)) == 0


def make_socket_directory(folder: Path, footing: Footing) -> None:
    """A folder for the server's user alone (and root). What an earlier server left there is removed.

    Its lock file names a process id that may since have gone to another program, and would block the start.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {os.geteuid(), footing.uid}:
        raise PostgresUnavailable(
            f"{folder}, where the database's socket belongs, was made by somebody else (user {info.st_uid}). "
            "Remove it, or start with another folder."
        )
    folder.chmod(0o700)
    if info.st_uid != footing.uid:
        os.chown(folder, footing.uid, footing.gid)
    _empty(folder)


def remove_socket_directory(folder: Path) -> None:
    """At a failed start it may be absent or somebody else's; then there is nothing of ours in it."""
    with contextlib.suppress(OSError):
        _empty(folder)
        folder.rmdir()


def _empty(folder: Path) -> None:
    for name in (_SOCKET_NAME, f"{_SOCKET_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)
