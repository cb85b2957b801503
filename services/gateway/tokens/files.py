"""Files that several processes read while one writes: never half-written, and seldom looked at in vain."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PRIVATE = 0o600

Stamp = tuple[int, int, int]
"""What differs when a file has been written or replaced."""


def stamp_of(path: Path) -> Stamp | None:
    """The file as it lies there now, or None when it can't be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else who locks the same file is inside the block. The lock lies beside it and is left there."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, _PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_private(path: Path, text: str) -> None:
    """Put a file that only its owner reads in the place of what is there, whole and on the disk.

    The owner stays who it was, so that an administrator can write what a service reads.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _keep_owner(descriptor, path)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        raise
    _sync_folder(path.parent)


def _keep_owner(descriptor: int, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        before, ours = path.stat(), os.fstat(descriptor)
        if (before.st_uid, before.st_gid) != (ours.st_uid, ours.st_gid):
            os.fchown(descriptor, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
