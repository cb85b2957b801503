"""`./samrad lead-times`: rebuild the cells, and recount figures from events."""

import argparse
import json
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine

from services.assembly.background import worker_database
from services.assembly.environment import worker_setting
from services.assembly.own_databases import name_databases
from services.consultation import tables
from services.consultation.leadtimes.rebuild import rebuild
from services.consultation.leadtimes.recount import GROUPINGS, recount
from shared.clock import Clock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`rebuild`, and `recount` with a period."""
    kinds = parser.add_subparsers(required=True, metavar="WHAT", dest="lead_times")
    kinds.add_parser("rebuild", help="every figure again, from consultations and their events")
    counted = kinds.add_parser("recount", help="lead times from the events alone, to hold the API's against")
    counted.add_argument("--from", dest="first", type=_day, required=True, metavar="DAY", help="YYYY-MM-DD, included")
    counted.add_argument("--to", dest="last", type=_day, required=True, metavar="DAY", help="YYYY-MM-DD, included")
    counted.add_argument("--group-by", choices=sorted(GROUPINGS), default="none")
    counted.add_argument("--percentiles", default="50,85,95", metavar="P,P", help="default: 50,85,95")


def furnish_sandbox(home: Path, stack: ExitStack) -> None:
    """Name the sandbox's database, as the worker. Raises CannotStart when there is none."""
    name_databases(home, stack, {worker_setting("consultation"): ("consultation", tables.WORKER_ROLE)})


async def carry_out(chosen: argparse.Namespace, clock: Clock) -> int:
    """One of the commands; answers the exit code."""
    url = worker_database("consultation")
    if chosen.lead_times == "rebuild":
        number = await rebuild(url, clock(), _tell)
        print(f"rebuilt the lead times of {number} consultations")
        return 0
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            groups = await recount(
                connection,
                chosen.first,
                chosen.last,
                chosen.group_by,
                chosen.percentiles.split(","),
            )
    finally:
        await engine.dispose()
    told = {"from": str(chosen.first), "to": str(chosen.last), "groupBy": chosen.group_by, "groups": groups}
    print(json.dumps(told, indent=2))
    return 0


def _tell(number: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{number} consultations read", end="", file=sys.stderr)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written YYYY-MM-DD") from None
