"""`simulate`: the sources' contracts, or a year of consultations."""

import argparse
import asyncio
import os
from contextlib import ExitStack

from services.assembly.commands.place import Place, on_database
from services.assembly.commands.serving import furnish_sandbox, run_event_loop, start_postgres
from services.assembly.environment import CannotStart
from shared import garbage
from shared.clock import system_clock


def simulate_command(chosen: argparse.Namespace) -> int:
    """Serve the simulator of the SSBTEK contract, or of REST sources; or simulate a year."""
    garbage.put_off()
    if chosen.contract == "year":
        return _simulate_year(chosen)
    from services.assembly.simulators import rest_simulator, ssbtek_simulator
    from shared.logs import configure_logs
    from shared.processes import end_with_parent
    from shared.serving import Served, asked_to_stop, serving

    if chosen.with_parent is not None:
        end_with_parent(chosen.with_parent)
    configure_logs("WARNING")
    if chosen.contract == "af":
        app, settings = rest_simulator(Place().home, f"http://127.0.0.1:{chosen.port}", system_clock)
        print(f"SAMRAD_CONSULTATION_REST_SOURCES_FILE={settings}", flush=True)
    else:
        app = ssbtek_simulator(chosen.version)

    async def serve() -> None:
        stop = asyncio.ensure_future(asked_to_stop())
        async with serving([Served("simulator", app, chosen.host, chosen.port)]):
            garbage.settle()
            if chosen.with_parent is None:
                print(f"ready http://{chosen.host}:{chosen.port}", flush=True)
            await stop

    run_event_loop(serve())
    return 0


def _simulate_year(chosen: argparse.Namespace) -> int:
    from services.assembly.simulated_year import make_year, play, printer

    place = Place()
    if not place.local:
        raise CannotStart("a year is simulated in a sandbox alone: SAMRAD_HOST is to be this machine")
    year = make_year(chosen.seed, chosen.consultations, system_clock().date())
    with ExitStack() as stack:
        furnish_sandbox(place, (), stack)
        if "SAMRAD_CONSULTATION_DATABASE_URL" not in os.environ:
            start_postgres(place, stack)
        taken = on_database(play(year, printer(), days_a_second=chosen.speed))
    print(f"a year of {chosen.consultations} consultations has been played: {taken} steps")
    return 0
