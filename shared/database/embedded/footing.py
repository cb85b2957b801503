"""As whom the server runs. PostgreSQL refuses root, and initdb a user without a name.

Nothing is added to the system: a user namespace gives us a name where the machine allows one, and else root
becomes the `nobody` that is there.
"""

import os
import pwd
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared.database.embedded.errors import PostgresUnavailable

_CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Footing:
    """How `child` sheds privileges, and whose rights to files the server then has.

    `inner` is the user and group to become: in a namespace only the name of them, outside one the real thing.
    """

    way: Literal["same", "namespace", "setuid"]
    inner: tuple[int, int]
    uid: int
    gid: int

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command that sheds privileges and becomes `program`."""
        uid, gid = self.inner
        child = [sys.executable, "-I", "-S", str(_CHILD), self.way, str(uid), str(gid), str(os.getpid())]
        return [*child, program, *arguments]

    def blocked_at(self, path: Path) -> Path | None:
        """The first part of `path` that the server may not cross or run; None when it may all."""
        if self.way == "same":
            return None
        for part in (*reversed(path.parents), path):
            info = part.stat()
            if info.st_uid == self.uid:
                needed = stat.S_IXUSR
            elif info.st_gid == self.gid:
                needed = stat.S_IXGRP
            else:
                needed = stat.S_IXOTH
            if not info.st_mode & needed:
                return part
        return None


def choose_footing(data: Path) -> Footing:
    """As we are when that will do; else in a user namespace where the machine allows it; else as nobody.

    Root becomes the owner of data that are there already: a start under sudo must not take a user's data away.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        return Footing("same", (uid, gid), uid, gid)
    if uid == 0 and data.exists() and data.stat().st_uid != 0:
        owner = (data.stat().st_uid, data.stat().st_gid)
        return Footing("setuid", owner, *owner)
    nobody = _nobody()
    if _namespaces_work(nobody):
        return Footing("namespace", nobody, uid, gid)
    if uid == 0:
        return Footing("setuid", nobody, *nobody)
    raise PostgresUnavailable(
        f"PostgreSQL needs a user with a name, user {uid} has none here and user namespaces are not allowed. "
        "Run as a named user, or use a PostgreSQL of your own."
    )


def environment() -> dict[str, str]:
    """What the child's Python needs to start, and nothing else of ours: our environment holds secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return (65534, 65534)
    return (entry.pw_uid, entry.pw_gid)


def _namespaces_work(nobody: tuple[int, int]) -> bool:
    """Tried, not looked up: containers, AppArmor and sysctls each forbid them in a way of their own."""
    if sys.platform != "linux":
        return False
    answer = subprocess.run(  # noqa: S603 - our own file under our own interpreter
        Footing("namespace", nobody, os.geteuid(), os.getegid()).command("/bin/sh", "-c", "exit 0"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        cwd="/",
        check=False,
    )
    return answer.returncode == 0
