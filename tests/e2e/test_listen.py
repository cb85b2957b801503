"""`./samrad listen` and `./samrad trigger` beside a running product: an event from the one command to the other."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from services import __main__ as samrad
from tests.exchange import Exchange
from tests.instance import ROOT
from tests.webhooks import SUBSCRIPTIONS


def test_a_triggered_event_is_printed_by_a_listener_that_subscribes_and_leaves(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMRAD_HOME", str(exchange.home))
    monkeypatch.setenv("PORT", str(exchange.ports["gateway"]))
    monkeypatch.delenv("SAMRAD_PUBLIC_URL", raising=False)
    # As from a terminal: what is started in the background of a shell ignores interrupts, and so do its children.
    heeding = ("env", "--default-signal=INT")
    command = [*heeding, sys.executable, "-m", "services", "listen", "--as", "malmo", "--event", "consultation.closed"]
    with (
        subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as listener,
        ExitStack() as stack,
    ):
        stack.callback(listener.kill)
        assert listener.stdout is not None
        assert listener.stdout.readline() == "validated\n"
        assert listener.stdout.readline().startswith("listening http://127.0.0.1:")

        assert samrad.main(["trigger", "--as", "malmo", "consultation.answered"]) == 0

        assert " consultation.answered " in (line := listener.stdout.readline()), line
        assert line.endswith(" answered (sample)\n")
        listener.send_signal(signal.SIGINT)
        assert listener.wait(10) == 130
    assert capfd.readouterr().out.startswith("queued ")
    held = exchange.send("malmo", "GET", SUBSCRIPTIONS).json()["webhookSubscriptions"]
    assert all("127.0.0.1" not in each["url"] for each in held)
    assert samrad.main(["trigger", "--as", "malmo", "consultation.answered"]) == 1
    assert "no active subscription" in capfd.readouterr().err
