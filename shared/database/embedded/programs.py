"""PostgreSQL's programs as child processes: started on a footing, ended for certain."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.database.embedded.footing import Footing, environment

_PATIENCE: tuple[tuple[signal.Signals, float], ...] = (
    (signal.SIGINT, 10.0),  # fast: roll back, disconnect, checkpoint; can hang during recovery
    (signal.SIGQUIT, 8.0),  # immediate: no checkpoint; kills its children after 5 s by itself
)


@dataclass(frozen=True)
class Launch:
    """What every PostgreSQL program of one start shares."""

    footing: Footing
    binaries: Path
    log: Path
    lock: int

    def popen(self, program: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start `program` with the lock inherited and its words in the log.

        It has a session of its own, so that Ctrl-C at the terminal is ours alone.
        """
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return subprocess.Popen(  # noqa: S603 - our own file, the wheel's binaries, arguments made here
                self.footing.command(str(self.binaries / program), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=environment(),
                cwd="/",
                pass_fds=(self.lock,),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    def run(self, program: str, arguments: Sequence[str]) -> int:
        """Run `program` to its end and answer its exit code; when we are interrupted it is ended too."""
        process = self.popen(program, arguments)
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def end(server: subprocess.Popen[bytes]) -> None:
    """Ask, insist, then kill; returns when the postmaster is gone."""
    for number, seconds in _PATIENCE:
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
            return
    # Each backend leads a session of its own, so killing the postmaster's group would miss them all.
    for pid in (server.pid, *_children(server.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.wait()


def _children(parent: int) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()]
    except OSError:
        return []
