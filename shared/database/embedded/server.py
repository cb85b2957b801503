"""The server from its start to its end."""

import os
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from shared.database.embedded.binaries import reachable_binaries
from shared.database.embedded.cluster import holds_database, make_database
from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.folders import data_folder, own
from shared.database.embedded.footing import choose_footing
from shared.database.embedded.lock import take_lock
from shared.database.embedded.log import last_words, rotate
from shared.database.embedded.postmaster import forget_stale_postmaster, says_ready
from shared.database.embedded.programs import Launch, end
from shared.database.embedded.settings import server_arguments
from shared.database.embedded.sockets import (
    listens,
    make_socket_directory,
    remove_socket_directory,
    socket_directory_for,
)

_STARTUP_SECONDS = 60  # recovery after a crash included
_POLL_SECONDS = 0.01


class EmbeddedPostgres:
    """One PostgreSQL server on one folder, owned by one process.

    Start it on the main thread, before the event loop: Linux ties the parent-death signal to the *thread*
    that started the child. When this process ends without `stop`, even by `kill -9`, PostgreSQL shuts down at
    once (Linux; elsewhere it lives on, and the next start says so).
    """

    def __init__(self, home: Path) -> None:
        """`home` is made when absent."""
        self._home = home.resolve()
        self._log = self._home / "postgres.log"
        self._socket_directory = socket_directory_for(self._home)
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

    def answers(self) -> bool:
        """Whether a server on this folder answers, whichever process has started it."""
        return listens(self._socket_directory)

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
            end(self._server)
            self._server = None
        if self._lock is not None:
            remove_socket_directory(self._socket_directory)
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
        self._lock = take_lock(self._home)
        rotate(self._log)
        footing = choose_footing(self._home / "data")
        launch = Launch(footing, reachable_binaries(self._home, footing), self._log, self._lock)
        data = data_folder(self._home, footing)
        if not holds_database(data):
            make_database(launch, data, link=self._home / "data")
        own(data, footing)
        forget_stale_postmaster(data)
        make_socket_directory(self._socket_directory, footing)
        self._server = launch.popen("postgres", server_arguments(data, self._socket_directory))
        self._await_readiness(self._server, data)

    def _await_readiness(self, server: subprocess.Popen[bytes], data: Path) -> None:
        deadline = time.monotonic() + _STARTUP_SECONDS
        # PostgreSQL's own word is surely this server's: an older file was removed under the lock.
        while not says_ready(data):
            if server.poll() is not None:
                raise PostgresUnavailable(
                    f"PostgreSQL ended at its start (exit code {server.returncode}). {last_words(self._log)}"
                )
            if time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"PostgreSQL was not ready within {_STARTUP_SECONDS} s. Recovery after a crash can take "
                    f"longer: raise _STARTUP_SECONDS in {__file__} and start again. {last_words(self._log)}"
                )
            time.sleep(_POLL_SECONDS)
