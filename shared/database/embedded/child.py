"""The program that becomes PostgreSQL: run by path, in a Python of its own (`Footing.command`).

It gives up what privileges it must, ties its life to ours and is then replaced. It runs in `python -I -S`,
before privileges are shed, so it imports the standard library only and nothing of this package.
"""

import ctypes
import errno
import os
import signal
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def _become(way: str, uid: int, gid: int, parent: int, command: list[str]) -> None:
    """Shed privileges, ask for SIGQUIT when the parent dies, and become `command`.

    In this order: a change of credentials would clear the wish. SIGQUIT is PostgreSQL's immediate shutdown: the
    next start replays the log as after any crash. A fast one (SIGINT) was measured to hang for ever when it
    comes during recovery, and a hung server would hold the folder.
    """
    try:
        if way == "namespace":
            _enter_namespace(uid, gid)
        elif way == "setuid":
            _change_user(uid, gid)
    except OSError as error:
        sys.stderr.write(f"cannot run PostgreSQL unprivileged ({way}): {error}\n")
        sys.exit(1)
    if sys.platform == "linux":
        _call_libc("prctl", _PR_SET_PDEATHSIG, int(signal.SIGQUIT), 0, 0, 0)
    if os.getppid() != parent:
        # It died before we asked, so no signal will ever come.
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


def _enter_namespace(uid: int, gid: int) -> None:
    """Be called `uid` and `gid` in a user namespace of our own; to files and others we stay who we are."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _call_libc("unshare", _CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")


def _change_user(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _call_libc(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*map(ctypes.c_ulong, arguments)) != 0:
        number = ctypes.get_errno() or errno.EINVAL
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    _become(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
