"""Erasing by the rules, from the environment; and `./samrad retention`."""

import argparse
import json
import sys
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from services.assembly.attachments import make_blobs
from services.assembly.background import worker_database
from services.assembly.environment import CannotStart, read_settings, required, worker_setting
from services.assembly.own_databases import name_databases
from services.audit.settings import TrailTime
from services.consultation import tables
from services.consultation.clocks.zone import SWEDEN
from services.consultation.retention.files import EraseFile
from services.consultation.retention.plan import Planned, plan
from services.consultation.retention.prove import Proof, prove
from services.consultation.retention.rules import Rules, UnfitRules, read_rules
from services.consultation.retention.run import Erasing
from services.consultation.settings import RetentionSettings, WorkerSettings
from shared.blobs.protocol import Blobs
from shared.clock import Clock
from shared.database.engine import Database

_AUDITOR = "SAMRAD_CONSULTATION_AUDITOR_DATABASE_URL"


def retention_rules(settings: RetentionSettings) -> Rules:
    """The rules of the installation. Raises CannotStart with everything that is wrong with them."""
    file = settings.retention_rules_file
    try:
        return read_rules(file)
    except UnfitRules as fault:
        raise CannotStart(
            f"{file or 'the shipped rules'}: not rules of retention:\n  " + "\n  ".join(fault.faults)
        ) from None
    except OSError as fault:
        raise CannotStart(f"{file} cannot be read ({type(fault).__name__})") from None


def erasing_job(blobs: Blobs) -> Erasing | None:
    """What the background job does; None where it is not to erase. Rules that are unfit are told at the start."""
    settings = read_settings(RetentionSettings)
    rules = retention_rules(settings)
    return Erasing(rules, _eraser(blobs)) if settings.retention_erases else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`plan`, `run` and `prove`."""
    kinds = parser.add_subparsers(required=True, metavar="WHAT", dest="retention")
    for name, words in (
        ("plan", "what is due by class, and before which time; nothing is erased"),
        ("run", "erase what is due, as the background job does"),
        ("prove", "whether what was due is gone everywhere, and nothing else; exit code 1 when not"),
    ):
        kinds.add_parser(name, help=words).add_argument("--json", action="store_true", help="as JSON")


def furnish_sandbox(home: Path, stack: ExitStack) -> None:
    """Name the sandbox's database, as the worker and as the auditor. Raises CannotStart when there is none."""
    roles = {worker_setting("consultation"): tables.WORKER_ROLE, _AUDITOR: tables.AUDITOR_ROLE}
    name_databases(home, stack, {name: ("consultation", role) for name, role in roles.items()})


async def carry_out(chosen: argparse.Namespace, clock: Clock) -> int:
    """One of the commands; answers the exit code."""
    rules = retention_rules(read_settings(RetentionSettings))
    if chosen.retention == "run":
        return await _run(rules, clock, as_json=chosen.json)
    years = read_settings(TrailTime).retention_years
    if chosen.retention == "plan":
        planned = await plan(required(_AUDITOR), rules, clock(), trail_years=years)
        print(json.dumps([each.as_json() for each in planned], indent=2) if chosen.json else table(planned))
        return 0
    proof = await prove(required(_AUDITOR), rules, clock(), trail_years=years)
    print(json.dumps(proof.as_json(), indent=2) if chosen.json else "\n".join(told(proof)))
    return 0 if proof.holds else 1


def _eraser(blobs: Blobs) -> EraseFile:
    async def erase_file(key: str) -> None:
        await blobs.erase(uuid.UUID(key))

    return erase_file


async def _run(rules: Rules, clock: Clock, *, as_json: bool) -> int:
    blobs = make_blobs(read_settings(WorkerSettings))
    database = Database(worker_database("consultation"), pool_size=1)
    try:
        ran = await Erasing(rules, _eraser(blobs)).run(database.without_tenant, clock)
    finally:
        await database.close()
    if as_json:
        print(json.dumps({"erased": dict(ran.erased), "files": ran.files, "finished": ran.finished}, indent=2))
    else:
        print("\n".join(f"erased {number} of {code}" for code, number in ran.erased.items()))
    if not ran.finished:
        print("another run is erasing: it does the rest", file=sys.stderr)
    return 0 if ran.finished else 1


def table(planned: Sequence[Planned]) -> str:
    """The plan for a person: a line a class, times as the calendar in Sweden has them."""
    rows = [("CLASS", "BEFORE", "DUE", "KEPT")]
    rows += [
        (each.code, f"{each.before.astimezone(SWEDEN):%Y-%m-%d %H:%M}", str(each.due), str(each.held))
        for each in planned
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    return "\n".join(
        f"{code:<{widths[0]}}  {before:<{widths[1]}}  {due:>{widths[2]}}  {held:>{widths[3]}}"
        for code, before, due, held in rows
    )


def told(proof: Proof) -> list[str]:
    """The proof for a person: what was found, or that nothing was."""
    held = sum(each.held for each in proof.looked_at)
    lines = [f"BAD {each.code}: {each.what} ({each.number})" for each in proof.findings]
    if proof.holds:
        lines.append(f"ok: nothing is past its time by the rules of {proof.edition}, and nothing else was taken")
    lines.append(f"   {held} past their time are kept: held, or needed by what is kept")
    last = proof.last_erased_at
    lines.append(
        f"   erased last: {last.astimezone(SWEDEN):%Y-%m-%d %H:%M}" if last else "   nothing has been erased yet"
    )
    return lines
