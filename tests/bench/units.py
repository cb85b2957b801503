"""Single steps: a proof verified, an answer of the sources read, the embedded database started."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from joserfc.jwk import ECKey

from shared.clock import system_clock
from shared.database.embedded import EmbeddedPostgres
from shared.garbage import settle
from shared.tokens.proofs import check_proof, make_proof
from shared.tokens.replay import InProcessReplayStore
from tests.bench.figures import Figure, at_most
from tests.unit.lookups.given import readings, simulated

_PROOFS = 400
_WARM_READINGS = 100
_READINGS = 400
_WARM_STARTS = 3
_PERSON = "complete"


def proof_microseconds() -> float:
    """What it costs a service to verify a fresh proof, its key known from before."""
    return asyncio.run(_verify_proofs())


async def _verify_proofs() -> float:
    key, replays, address = ECKey.generate_key("P-256", private=True), InProcessReplayStore(), "http://127.0.0.1/one"
    proofs = [make_proof(key, "POST", address, system_clock(), "a-token") for _ in range(_PROOFS)]
    bound_to = key.thumbprint()
    times = []
    for proof in proofs:
        started = time.perf_counter()
        await check_proof(
            proof,
            method="POST",
            address=address,
            now=system_clock(),
            replays=replays,
            access_token="a-token",
            bound_to=bound_to,
        )
        times.append(time.perf_counter() - started)
    return median(times) * 1e6


def soap() -> list[Figure]:
    """The answer about a person whom all seven sources know, parsed and mapped."""
    answer = simulated(_PERSON)
    # A service that has read some answers, and does not look through what it loaded for garbage: see shared/garbage.
    for _ in range(_WARM_READINGS):
        readings(answer)
    settle()
    milliseconds = median_cpu(lambda: readings(answer), _READINGS) / 1000
    return [
        Figure("soap.answer.size", len(answer) / 1000, "kB"),
        Figure("soap.answer.read", milliseconds, "ms", at_most(0.8)),
    ]


def database(home: Path) -> list[Figure]:
    """From an empty folder until it answers, and again with the data there."""
    postgres = EmbeddedPostgres(home / "started")
    try:
        cold = _seconds(postgres.start)
        warm = []
        for _ in range(_WARM_STARTS):
            postgres.stop()
            warm.append(_seconds(postgres.start))
    finally:
        postgres.stop()
    return [
        Figure("database.start.empty", cold, "s", at_most(3)),
        Figure("database.start.warm", median(warm), "s", at_most(0.5)),
    ]


def median_cpu(step: Callable[[], object], times: int) -> float:
    """Microseconds of CPU that a step takes which waits for nobody, whatever else the machine does meanwhile."""
    return median(_seconds(step, time.thread_time) for _ in range(times)) * 1e6


def _seconds(step: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    step()
    return clock() - started
