"""The simulator as a person starts it, and as `./samrad run` does."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from services.consultation.lookups.sources.ssbtek.envelope import build_request
from services.consultation.lookups.sources.ssbtek.versions import VERSIONS
from tests.exchange import free_ports
from tests.instance import READY_SECONDS, ROOT, Instance, environment, started
from tests.sizes import only_in_full
from tests.unit.lookups.given import inquiry


@pytest.mark.parametrize("version", VERSIONS)
def test_the_command_serves_the_version_that_it_is_told_and_no_other(version: str) -> None:
    port = free_ports(1)
    arguments = ("simulate", "ssbtek", "--version", version, "--host", "127.0.0.1", "--port", str(port))
    with started(port=port, arguments=arguments) as instance:
        assert instance.await_ready() == f"ready {instance.base_url}"

        told = httpx.get(instance.base_url).json()
        answer = httpx.post(
            f"{instance.base_url}/ssbt/{version}", content=build_request(inquiry(), VERSIONS[version]), timeout=30
        )
        (entry,) = httpx.get(f"{instance.base_url}/requests").json()["requests"]

        assert told["version"] == entry["version"] == version
        assert (answer.status_code, entry["person"], entry["outcome"]) == (200, "complete", "answered")
        others = set(VERSIONS) - {version}
        assert {httpx.post(f"{instance.base_url}/ssbt/{other}").status_code for other in others} == {404}
        assert instance.interrupt() == 0


def test_a_version_that_does_not_exist_is_refused_by_the_command() -> None:
    command = [sys.executable, "-m", "services", "simulate", "ssbtek", "--version", "12"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert refused.returncode == 2
    assert "12" in refused.stderr


@only_in_full
def test_a_year_that_is_cut_off_says_so_and_the_next_start_tells_how_far_it_came(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services", "simulate", "year", "--consultations", "2000"]
    alone = environment(tmp_path, free_ports(5))
    playing = subprocess.Popen(command, cwd=ROOT, env=alone, stderr=subprocess.PIPE, text=True)
    assert playing.stderr is not None
    shown = playing.stderr.readline()
    playing.send_signal(signal.SIGINT)
    cut_off = playing.communicate(timeout=READY_SECONDS)[1]

    again = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)

    assert " steps, " in shown
    assert playing.returncode == 130
    assert "cut off: the year that is there is not whole" in cut_off
    assert again.returncode == 2
    assert "holds a simulated year already, up to " in again.stderr


def test_the_product_starts_its_simulator_in_the_version_of_the_setting() -> None:
    with started(more={"SAMRAD_CONSULTATION_SSBTEK_VERSION": "11"}) as instance:
        told = simulator_of(instance)
        # The rest of the product is not waited for.
        instance.kill()

    assert told["address"] == "/ssbt/11"


def simulator_of(instance: Instance) -> dict[str, str]:
    """What the simulator says of itself as soon as it is there."""
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            told: dict[str, str] = httpx.get(f"http://127.0.0.1:{instance.port + 3}", trust_env=False).json()
        except httpx.ConnectError:
            assert time.monotonic() < until, instance.log.read_text("utf-8")
            time.sleep(0.05)
        else:
            return told
