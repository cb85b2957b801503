"""What the command line does beside its commands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services import __main__ as samrad
from tests.exchange import Exchange
from tests.service.given_consultations import claimed

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_reader_who_leaves_ends_a_command_without_a_word() -> None:
    # More than a pipe holds, to a reader who takes the first line.
    script = "import sys; from services import __main__ as s; s.openapi_command = lambda _: print('x' * 200_000) or 0; "
    script += "sys.exit(s.main(['openapi']))"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.read(1)
        command.stdout.close()
        told = command.stderr.read()
        code = command.wait(60)

    assert (code, told) == (141, b"")


def test_a_call_may_ask_for_one_right_alone(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMRAD_HOME", str(exchange.home))
    monkeypatch.setenv("PORT", str(exchange.ports["gateway"]))
    queue = ["call", "--as", "af-workbench", "GET", "/consultation/v1/queue"]

    assert samrad.main([*queue, "--scope", "samrad:queue.work"]) == 0
    assert samrad.main([*queue, "--scope", "samrad:consultations.read"]) == 1
    assert "scope_missing" in capfd.readouterr().err


def test_a_call_may_save_and_remove(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMRAD_HOME", str(exchange.home))
    monkeypatch.setenv("PORT", str(exchange.ports["gateway"]))
    consultation = claimed(exchange)["consultationId"]
    call = ["call", "--as", "af-workbench", "--handler", "hl-1"]
    draft = f"/consultation/v1/consultations/{consultation}/draft"

    assert samrad.main([*call, "-H", 'If-Match: "0"', "-d", '{"text": "Se"}', "PUT", draft]) == 0
    version = json.loads(capfd.readouterr().out)["version"]
    assert samrad.main([*call, "-H", f'If-Match: "{version}"', "DELETE", draft]) == 0
    assert samrad.main([*call, "GET", draft]) == 1
