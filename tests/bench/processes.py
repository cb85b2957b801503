"""Servers as processes of their own: placed on a core, waited for, their CPU read, and ended by id. Linux only."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


class CannotMeasure(Exception):
    """Something that is to be measured did not start, answered wrongly or broke off."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Where the servers run and where the load does; the same when there is one core only."""

    servers: int
    load: int


def cores() -> Cores:
    """The first two cores that this process may use."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[1] if len(usable) > 1 else usable[0])


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes that are started inside the block stay on the core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: int
    port: int

    def cpu(self) -> float:
        """Seconds of CPU so far, all threads together."""
        return cpu_of(self.process)


def running(
    *arguments: str, core: int, port: int, log: Path, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """`python -m tests.bench.serve` with the arguments, ready inside the block and ended after it."""
    return running_module("tests.bench.serve", *arguments, core=core, port=port, log=log, environment=environment)


@contextmanager
def running_module(
    module: str, *arguments: str, core: int, port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A module that serves on `port` and takes our process id first, ready inside the block and ended after it.

    `log` takes what it writes. Raises CannotMeasure when it does not become ready.
    """
    command = [sys.executable, "-m", module, str(os.getpid()), *arguments]
    with log.open("ab") as written, on_core(core):
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment if environment is not None else os.environ),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        _await_ready(process, port, log)
        yield Server(process.pid, port)
    finally:
        _end(process)


def _await_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    with httpx.Client(timeout=5, trust_env=False) as http:
        while time.monotonic() < until and process.poll() is None:
            with suppress(httpx.HTTPError):
                # Who has no such address answers 404, and is ready too.
                if http.get(f"http://127.0.0.1:{port}/health/ready").status_code < 500:
                    return
            time.sleep(0.05)
    words = log.read_text("utf-8", "replace").splitlines()[-5:]
    raise CannotMeasure("\n  ".join(["a server did not become ready; it said:", *words]))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def load_process(core: int) -> Iterator[ProcessPoolExecutor]:
    """A process on the core that runs one function at a time."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with on_core(core):
            pool.submit(os.getpid).result()
        yield pool


def cpu_of(process: int) -> float:
    """Seconds of CPU that the living threads of a process have had."""
    nanoseconds = 0
    with suppress(FileNotFoundError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                nanoseconds += int((thread / "schedstat").read_text("ascii").split()[0])
    return nanoseconds / 1e9


def cpu_of_children(named: str) -> float:
    """Seconds of CPU that this process's descendants of one name have had, those that have ended included."""
    processes = [process for process in _descendants(os.getpid()) if _name(process) == named]
    return sum(cpu_of(process) + _cpu_of_ended(process) for process in processes)


def _cpu_of_ended(process: int) -> float:
    """Seconds of CPU that the children a process has seen the end of had had."""
    with suppress(OSError):
        user, system = _stat(process)[13:15]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _stat(process: int) -> Sequence[str]:
    """Fields of `/proc/<process>/stat` from the state on, see proc(5)."""
    return Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()


def _descendants(process: int) -> Sequence[int]:
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                process_number = int(entry.name)
                below.setdefault(int(_stat(process_number)[1]), []).append(process_number)
    found: list[int] = []
    waiting = [process]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text("utf-8").strip()
    except OSError:
        return ""
