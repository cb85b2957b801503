"""One server of a measurement in a process of its own: `python -m tests.bench.serve PARENT NAME ...`.

It ends with the process PARENT that started it, however that ends.
"""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Sequence

import uvloop

from services.__main__ import main as samrad
from shared.garbage import settle
from shared.http.guard import App
from shared.processes import end_with_parent
from shared.serving import Served, asked_to_stop, serving

PEERS = ("upstream", "naive_gateway", "naive_service")


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM. `samrad` and what follows is the product's own command."""
    parent, *wanted = arguments
    end_with_parent(int(parent))
    if wanted[0] == "samrad":
        return samrad(wanted[1:])
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--target", default="", help="the address behind a gateway, or the database of a service")
    chosen = parser.parse_args(wanted)
    # Only the peer that is served is loaded: what lies in memory costs time when garbage is collected.
    app: App = importlib.import_module(f"tests.bench.peers.{chosen.name}").create_app(chosen.target)
    uvloop.run(_serve(Served(chosen.name, app, "127.0.0.1", chosen.port)))
    return 0


async def _serve(served: Served) -> None:
    """As the product serves, so that the server makes no difference."""
    settle()
    stop = asyncio.ensure_future(asked_to_stop())
    async with serving([served]):
        await stop


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
