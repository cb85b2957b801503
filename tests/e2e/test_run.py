"""Starting and ending the product as people do."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from services import sandbox
from services.assembly.commands.serving import prepare_databases
from services.assembly.demo_clients import demo_client
from services.command.demo import Cast, Stage, tell
from services.consultation.lookups.simulator.persons import PERSONS
from services.gateway.tokens.demo import write_demo_clients
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from tests.clusters import furnish
from tests.exchange import consultation_body, free_ports
from tests.instance import ROOT, Instance, environment, started
from tests.sizes import only_in_full

EVERYWHERE = "0.0.0.0"  # noqa: S104 - never bound: the start is refused


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an instance that was killed has left: its home, what it had said, and the consultation opened there."""

    home: Path
    said: str
    opened: str


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Earlier:
    """The first start in a home, with nothing there at all, ended by `kill -9`."""
    home = tmp_path_factory.mktemp("run") / "home"
    with started(home) as first:
        said = first.await_ready().replace(first.base_url, "its address")
        assert first.descendants(), "PostgreSQL and the simulator run beside"
        body = json.dumps(consultation_body())
        opened = run_cli(first, "call", "--as", "umea", "POST", "/consultation/v1/consultations", "-d", body)
        assert opened.returncode == 0, opened.stderr
        first.kill()
        first.await_gone()
    return Earlier(home, said, json.loads(opened.stdout)["number"])


@pytest.fixture(scope="module")
def instance(earlier: Earlier) -> Iterator[Instance]:
    """The next start in that home. It runs on while another is refused, and while commands call it."""
    with started(earlier.home) as running:
        running.await_ready()
        yield running


def run_cli(instance: Instance, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return cli(environment(instance.home, instance.port), *arguments)


def cli(variables: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services", *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_after_kill_9_everything_ends_and_the_next_start_has_the_data(earlier: Earlier, instance: Instance) -> None:
    listed = run_cli(instance, "call", "--as", "umea", "GET", "/consultation/v1/consultations")
    assert earlier.opened in listed.stdout


@only_in_full
def test_a_taken_port_is_told_with_what_to_do() -> None:
    port = free_ports(5)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        with started(port=port) as instance:
            assert instance.process.wait(60) == 2
            assert "Set PORT" in instance.log.read_text("utf-8")
            instance.await_gone()


def test_a_second_instance_in_the_same_home_is_refused_with_a_message(instance: Instance) -> None:
    second = cli(environment(instance.home, free_ports(5)), "run")
    assert second.returncode == 2
    assert str(instance.home) in second.stderr
    assert httpx.get(f"{instance.base_url}/health/ready", trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SAMRAD_HOST": EVERYWHERE}, "SAMRAD_CONSULTATION_SEALING_KEY"),
        ({"SAMRAD_PUBLIC_URL": "https://samrad.example"}, "SAMRAD_CONSULTATION_SEALING_KEY"),
        (
            {"SAMRAD_HOST": EVERYWHERE, "SAMRAD_CONSULTATION_SEALING_KEY": sandbox.EXAMPLE_SECRET},
            "SAMRAD_CONSULTATION_SEALING_KEY still has the example value",
        ),
        ({"PORT": "many"}, "PORT must be a number"),
    ],
)
def test_a_start_on_a_public_address_needs_secrets_of_its_own(more: dict[str, str], said: str) -> None:
    with started(more=more) as instance:
        assert instance.process.wait(60) == 2
        log = instance.log.read_text("utf-8")
        assert said in log
        assert "Traceback" not in log


def test_demo_clients_are_refused_on_a_public_address(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    write_demo_clients(home / "clients")
    public = "https://samrad.example"
    settings = {
        name: value.replace("http://127.0.0.1:8000", public) if name.endswith("PUBLIC_URL") else value
        for name, value in sandbox.environment(home, "127.0.0.1", 8000, public).items()
    }
    with started(home, arguments=("run", "gateway"), more={"SAMRAD_PUBLIC_URL": public, **settings}) as instance:
        assert instance.process.wait(60) == 2
        assert "demo clients" in instance.log.read_text("utf-8")


def test_the_services_run_as_processes_of_their_own_on_a_database_of_ones_own(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_ports(5)
    furnish(tmp_path / "pg")
    with EmbeddedPostgres(tmp_path / "pg") as postgres:
        urls = asyncio.run(prepare_databases(postgres.url, SUPERUSER))
        with (
            started(home, port=port, arguments=("run", "gateway"), more=urls) as gateway,
            started(home, port=port, arguments=("run", "agreements"), more=urls) as agreements,
            started(home, port=port, arguments=("run", "consultation"), more=urls) as consultation,
        ):
            for each in (agreements, consultation, gateway):
                each.await_ready()
            body = json.dumps(consultation_body())
            opened = run_cli(gateway, "call", "--as", "umea", "POST", "/consultation/v1/consultations", "-d", body)
            assert opened.returncode == 0, opened.stderr


@only_in_full
def test_background_jobs_run_in_processes_of_their_own_when_they_are_to(tmp_path: Path) -> None:
    watched = free_ports(1)
    with EmbeddedPostgres(tmp_path / "pg") as postgres:
        urls = asyncio.run(prepare_databases(postgres.url, SUPERUSER))
        both = {name: url for name, url in urls.items() if "WORKER" in name}
        one = {"SAMRAD_AGREEMENTS_WORKER_DATABASE_URL": urls["SAMRAD_AGREEMENTS_WORKER_DATABASE_URL"]}
        superuser = postgres.url("agreements", SUPERUSER).replace("+asyncpg", "")
        with (
            started(arguments=("run", "worker"), more={**both, "SAMRAD_WORKER_PORT": str(watched)}) as first,
            started(arguments=("run", "worker"), more=one) as second,
        ):
            assert first.await_ready() == "ready worker of consultation and agreements"
            assert second.await_ready() == "ready worker of agreements"
            assert asyncio.run(workers_of_agreements(superuser)) == 2
            asyncio.run(forgotten(superuser))

            assert httpx.get(f"http://127.0.0.1:{watched}/health/ready", trust_env=False).status_code == 200
            metrics = httpx.get(f"http://127.0.0.1:{watched}/metrics", trust_env=False).text
            assert 'samrad_job_runs_total{job="jobs.tidy",outcome="done",worker="consultation"}' in metrics
            for each in (first, second):
                assert each.interrupt() == 0
                assert each.log.read_text("utf-8") == ""


async def workers_of_agreements(superuser: str) -> int:
    connection = await asyncpg.connect(superuser)
    found = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'worker agreements'"
    )
    await connection.close()
    assert isinstance(found, int)
    return found


async def forgotten(superuser: str) -> None:
    """A kept answer that has expired, and its job due: returns when it is gone."""
    due = "UPDATE jobs.pgqueuer SET execute_after = now() WHERE entrypoint = 'idempotency.forget' AND status = 'queued'"
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute(
            """
            INSERT INTO idempotency_record (org, client_id, key_hash, request_hash, started_at, expires_at)
            VALUES ('0007:2021002114', 'someone', 'key', 'request', now(), now() - interval '1 second')
            """
        )
        for turn in range(600):
            if turn % 20 == 0:
                # Again and again: the run that is under way may have looked before there was anything to forget.
                await connection.execute(due)
            if not await connection.fetchval("SELECT count(*) FROM idempotency_record"):
                return
            await asyncio.sleep(0.05)
        pytest.fail("the job has not been done")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (("run", "worker"), {}, "SAMRAD_CONSULTATION_WORKER_DATABASE_URL or SAMRAD_AGREEMENTS_WORKER_DATABASE_URL"),
        (("run", "gateway", "worker"), {}, "no such service: worker"),
        (("run", "worker"), {"SAMRAD_WORKER_PORT": "many"}, "SAMRAD_WORKER_PORT must be a number"),
        (("run",), {"SAMRAD_WORKER": "elsewhere"}, "SAMRAD_WORKER is inside or apart"),
    ],
)
def test_a_worker_that_can_not_be_started_says_why(arguments: tuple[str, ...], more: dict[str, str], said: str) -> None:
    with started(arguments=arguments, more=more) as instance:
        assert instance.process.wait(60) == 2
        log = instance.log.read_text("utf-8")
        assert said in log
        assert "Traceback" not in log


def test_call_prints_problems_to_standard_error_and_exits_with_1(instance: Instance) -> None:
    body = json.dumps({**consultation_body(), "person": "189001019999"})
    wrong = run_cli(instance, "call", "--as", "umea", "POST", "/consultation/v1/consultations", "-d", body)
    assert wrong.returncode == 1
    assert wrong.stdout == ""
    assert json.loads(wrong.stderr)["code"] == "person_number_invalid"

    forbidden = run_cli(instance, "call", "--as", "dashboard", "GET", "/consultation/v1/queue")
    assert (forbidden.returncode, json.loads(forbidden.stderr)["code"]) == (1, "scope_missing")
    unknown = run_cli(instance, "call", "--as", "nobody", "GET", "/consultation/v1/queue")
    assert (unknown.returncode, "no such client" in unknown.stderr) == (2, True)
    missing = run_cli(instance, "call", "--as", "umea", "POST", "/consultation/v1/lookups", "-d", "@no/such/file")
    assert (missing.returncode, "cannot read" in missing.stderr) == (1, True)


def test_call_says_what_to_do_when_nothing_runs(tmp_path: Path) -> None:
    write_demo_clients(tmp_path / "clients")
    nothing = environment(tmp_path, free_ports(1))
    done = cli(nothing, "call", "--as", "umea", "GET", "/consultation/v1/consultations")
    assert done.returncode == 1
    assert "make run" in done.stderr


def test_the_demo_passes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert lines[-1].startswith("demo passed in ")
    for told in (
        *("asked again alone", "changes since last month", "opened from its draft", "household"),
        *("stands still", "the same clock", "registers a call", "set by set", "lead times of 3 answers"),
    ):
        assert any(told in line for line in lines), told


@only_in_full
def test_the_demo_fails_at_the_step_that_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """With a person for whom every source answers, there is nothing late or failed to tell apart."""
    complete = PERSONS["complete"].number
    cast = Cast(late_and_failed=complete, changing=complete, household=(complete,))
    stage = Stage(root=ROOT, client=demo_client, persons=cast, simulator=sandbox.SIMULATOR)

    assert tell(stage) == 1

    told = capsys.readouterr()
    assert [line.partition(":")[0] for line in told.out.splitlines()] == ["ok token"]
    assert told.err.startswith("failed: ")


def test_one_line_says_ready_and_ctrl_c_leaves_nothing_running(earlier: Earlier, instance: Instance) -> None:
    """The last of those with the shared instance, since it ends it."""
    assert earlier.said == "ready its address"
    assert instance.descendants(), "PostgreSQL and the simulator run beside"

    assert instance.interrupt() == 0
    instance.await_gone()
    assert instance.process.stdout is not None
    assert instance.process.stdout.read() == ""
    assert instance.log.read_text("utf-8") == ""
