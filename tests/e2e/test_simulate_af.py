"""`./samrad simulate af`: Arbetsförmedlingen alone, with a settings file that has it asked there."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.exchange import free_ports
from tests.instance import ROOT, environment


@pytest.mark.requirement(2)
def test_it_serves_and_writes_the_settings_that_have_af_asked_there(tmp_path: Path) -> None:
    port = free_ports(1)
    command = [sys.executable, "-m", "services", "simulate", "af", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(tmp_path, port), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            setting, _, file = process.stdout.readline().strip().partition("=")
            entry = json.loads(Path(file).read_text("utf-8"))["AF"]
            transport = httpx.HTTPTransport(retries=8)
            with httpx.Client(transport=transport, timeout=10, trust_env=False) as http:
                unknown = http.post(entry["url"], json={})
                refused = http.post(entry["tokenUrl"], data={"grant_type": "client_credentials"})
        finally:
            process.terminate()

    assert setting == "SAMRAD_CONSULTATION_REST_SOURCES_FILE"
    assert (unknown.status_code, refused.status_code) == (401, 401)
    assert refused.json() == {"error": "invalid_client"}
    assert process.returncode == 0
