"""Where the temporary files of tests lie, databases above all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.sizes import sample_or_full

_MEMORY = Path("/dev/shm")  # noqa: S108 - only the parent of a private folder
_ROOM = sample_or_full(4, 16) * 1_000_000_000
"""What the databases of a whole run may take, in bytes."""
_PREFIX = "samrad-tests-"


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
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True) as folder:
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


def folder_of_the_run() -> Path | None:
    """What lies here is gone when the run is over; None outside one, as in a measurement."""
    folder = Path(tempfile.gettempdir())
    return folder if folder.name.startswith(_PREFIX) else None
