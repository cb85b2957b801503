"""`make bench`: measure, print each figure on a line of its own, and keep them all in `var/bench.json`.

A figure that falls short of its goal is said and does not fail the run; what can't be measured does.

| setting | what it does | without it |
|---|---|---|
| `SAMRAD_BENCH_SECONDS` | how long each round of each variant takes | 3 |
| `SAMRAD_BENCH_PARTS` | which parts are measured, by comma | all |
| `SAMRAD_BENCH_CONSULTATIONS` | how many there are in the part `at-size` | 2000000 |
| `SAMRAD_BENCH_WAITING` | how many wait there besides, when the next one is claimed | 1000000 |

The file of figures is written when all parts have been measured, at whatever size.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from shared.database.embedded import PostgresUnavailable
from tests.bench import exchange, gateway, leadtimes, lookups, trail, units
from tests.bench.at_size import measuring
from tests.bench.figures import Figure, write
from tests.bench.processes import ROOT, CannotMeasure, cores, load_process

_KEPT = ROOT / "var" / "bench.json"


def main() -> int:
    """Answers the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _forget_settings()
    figures: list[Figure] = []
    try:
        with tempfile.TemporaryDirectory(prefix="samrad-bench-") as folder:
            home = Path(folder)
            # PostgreSQL does not run as root, and must reach its data as somebody else.
            home.chmod(0o711)
            try:
                for figure in _measured(home):
                    print(figure.line(), flush=True)
                    figures.append(figure)
            except CannotMeasure:
                _say_last_words(home)
                raise
    except (CannotMeasure, PostgresUnavailable) as fault:
        print(f"bench: cannot measure: {fault}", file=sys.stderr)
        return 1
    if _chosen() == [*_PARTS]:
        write(_KEPT, figures)
    _say_what_falls_short(figures)
    return 0


def _gateway(home: Path) -> Iterator[Figure]:
    with load_process(cores().load) as load:
        proof = units.proof_microseconds()
        yield Figure("dpop.proof.verify", proof, "us")
        yield from gateway.measure(load, cores(), home, proof)


def _exchange(home: Path) -> Iterator[Figure]:
    with load_process(cores().load) as load:
        yield from exchange.measure(load, cores(), home)


def _at_size(home: Path) -> Iterator[Figure]:
    consultations, waiting = (_number(*setting) for setting in _SIZES)
    with load_process(cores().load) as load:
        yield from measuring.measure(load, cores(), home, consultations, waiting)


def _number(name: str, without: int) -> int:
    return int(os.environ.get(name, without))


_SIZES = (("SAMRAD_BENCH_CONSULTATIONS", 2_000_000), ("SAMRAD_BENCH_WAITING", 1_000_000))
_PARTS: Mapping[str, Callable[[Path], Iterable[Figure]]] = {
    "gateway": _gateway,
    "exchange": _exchange,
    "lookups": lambda home: lookups.measure(cores(), home),
    "soap": lambda _: units.soap(),
    "trail": trail.measure,
    "leadtimes": leadtimes.measure,
    "at-size": _at_size,
    "database": units.database,
}


def _chosen() -> list[str]:
    """Raises CannotMeasure for a part that there is not."""
    chosen = [part for part in os.environ.get("SAMRAD_BENCH_PARTS", "").split(",") if part] or [*_PARTS]
    unknown = sorted({*chosen} - {*_PARTS})
    if unknown:
        raise CannotMeasure(f"there is no part {', '.join(unknown)}; there are {', '.join(_PARTS)}")
    return chosen


def _measured(home: Path) -> Iterator[Figure]:
    for part in _chosen():
        folder = _folder(home, part)
        yield from _PARTS[part](folder)
        # Two of them fill ten gigabytes each.
        shutil.rmtree(folder)


def _folder(home: Path, name: str) -> Path:
    folder = home / name
    folder.mkdir(mode=0o711)
    return folder


def _forget_settings() -> None:
    """Measure an instance of our own, whatever instance the settings of this shell belong to."""
    for name in [*os.environ]:
        if name == "PORT" or (name.startswith("SAMRAD_") and not name.startswith("SAMRAD_BENCH_")):
            del os.environ[name]


def _say_last_words(home: Path) -> None:
    """The last faults that the servers told of, which go with the folder."""
    for log in sorted(home.rglob("*.log")):
        faults = [line for line in log.read_text("utf-8", "replace").splitlines() if '"level": "error"' in line]
        for line in faults[-3:]:
            print(f"{log.stem}: {line[:1000]}", file=sys.stderr)


def _say_what_falls_short(figures: Iterable[Figure]) -> None:
    short = [figure for figure in figures if not figure.ok]
    for figure in short:
        print(f"short of its goal: {figure.name} is {figure.value:.4g} {figure.unit}, goal {figure.goal}")
    if not short:
        print("every goal is met")


if __name__ == "__main__":
    sys.exit(main())
