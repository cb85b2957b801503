"""A worker that sends webhooks, in a process of its own, to be killed: `python -m tests.webhook_worker`.

It is told its plan on standard input, and imports no more than it needs: it is started often.
"""

import asyncio
import base64
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.consultation.webhooks.courier import Courier
from services.consultation.webhooks.jobs import Sending, jobs
from services.consultation.webhooks.notices import Notifier
from shared.clock import Clock
from shared.jobs.job import Pace
from shared.jobs.worker import Worker, working
from shared.logs import configure_logs
from shared.outbound import Outbound, OutboundRules, system_resolver
from shared.vault import Vault

_QUICK = Pace(heartbeat=1.0, poll=0.3, stop=2.0, silent=1.0, restart_first=0.1, restart_last=0.4)


class FileTime:
    """The time as a file tells how far it has been moved: the same in several processes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text() or 0))

    def follow(self, clock: Clock) -> None:
        """Be as late as another clock from now on."""
        draft = self._file.with_suffix(".new")
        draft.write_text(str((clock() - datetime.now(UTC)).total_seconds()))
        draft.replace(self._file)


def a_courier(clock: Clock, source: str) -> Courier:
    """Delivers to receivers on this machine."""
    return Courier(Outbound(system_resolver, OutboundRules(this_machine=True)), clock, source)


async def main(plan: Mapping[str, Any]) -> None:
    """Work until killed."""
    clock = FileTime(Path(plan["time"]))
    vault = Vault(*(base64.b64decode(key) for key in plan["keys"]))
    sending = Sending(vault, a_courier(clock, plan["source"]), Notifier())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    quick = [replace(job, every_seconds=0.1) for job in jobs(sending)]
    worker = Worker("consultation", plan["url"], quick, clock, _QUICK)
    async with working(worker):
        await worker.at_work()
        print("at work", flush=True)
        await stop.wait()


if __name__ == "__main__":
    configure_logs("ERROR")
    asyncio.run(main(json.loads(sys.stdin.read())))
