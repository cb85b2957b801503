"""The product as a person starts it: `./samrad run`, a process of its own with all that it brings along."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.clusters import furnish
from tests.exchange import free_ports

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0


@dataclass(slots=True)
class Instance:
    """A started `./samrad`. `log` is what it has written to standard error."""

    home: Path
    port: int
    process: "subprocess.Popen[str]"
    log: Path
    said: list[str] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def await_ready(self) -> str:
        """The line that it prints when it is ready."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), self.log.read_text("utf-8")
        return line.strip()

    def interrupt(self) -> int:
        """What Ctrl-C does; answers the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        """What an out-of-memory killer does."""
        self.process.kill()
        self.process.wait(10)

    def descendants(self) -> list[int]:
        """Living processes that were started with this home, the main one left out."""
        mark = f"SAMRAD_TEST_INSTANCE={self.port}".encode()
        return [pid for pid in _pids() if pid != self.process.pid and _carries(pid, mark, str(self.home).encode())]

    def await_gone(self, seconds: float = 10.0) -> None:
        """Every process gone, or AssertionError."""
        until = time.monotonic() + seconds
        while left := self.descendants():
            assert time.monotonic() < until, f"still there: {left}"
            time.sleep(0.05)


def environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of an instance: nothing of ours but where it lives."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMRAD_")}
    return {**kept, "SAMRAD_HOME": str(home), "PORT": str(port), "SAMRAD_TEST_INSTANCE": str(port), **more}


@contextmanager
def started(
    home: Path | None = None,
    *,
    port: int | None = None,
    arguments: tuple[str, ...] = ("run",),
    more: Mapping[str, str] | None = None,
) -> Iterator[Instance]:
    """An instance, ended by pid afterwards whatever has become of it.

    Unless it is told its home it finds databases there as an earlier start has left them.
    """
    with tempfile.TemporaryDirectory(prefix="samrad-run-", ignore_cleanup_errors=True) as folder:
        place = home or Path(folder) / "home"
        if home is None and arguments == ("run",):
            furnish(place / "postgres")
        chosen = port or free_ports(5)
        log = Path(folder) / "log"
        with log.open("w") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "services", *arguments],
                cwd=ROOT,
                env=environment(place, chosen, **(more or {})),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
            )
        instance = Instance(place, chosen, process, log)
        try:
            yield instance
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.stdout is not None:
                process.stdout.close()
            for pid in instance.descendants():
                os.kill(pid, signal.SIGKILL)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _carries(pid: int, mark: bytes, home: bytes) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z" and (mark in environment.split(b"\0") or home in command)
