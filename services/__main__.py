"""The one door behind `./samrad`: what each command takes. What it does is in `services.assembly.commands`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from services.assembly.commands.clients import call_command, demo_command, listen_command, trigger_command
from services.assembly.commands.documents import openapi_command
from services.assembly.commands.loading import organisations_command, tenants_command, units_command
from services.assembly.commands.maintaining import (
    audit_command,
    keys_command,
    lead_times_command,
    migrate_command,
    retention_command,
)
from services.assembly.commands.serving import SERVICES, run_command
from services.assembly.commands.simulating import simulate_command
from services.assembly.environment import CannotStart
from services.audit.arguments import add_audit_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit code."""
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        code = command(chosen)
        # Here and not at exit, where a reader who has left would be told as a fault.
        sys.stdout.flush()
    except CannotStart as fault:
        print(f"samrad: {fault}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough; the rest of it goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="samrad", description="Look up, consult, agree.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="serve; all services in one process unless some are named")
    run.add_argument("services", nargs="*", metavar="SERVICE", help=f"{', '.join(SERVICES)}; or worker, by itself")
    run.set_defaults(command=run_command)
    _add_simulate_command(commands)
    migrate = commands.add_parser("migrate", help="bring the databases of the environment to the newest version")
    migrate.set_defaults(command=migrate_command)
    keys = commands.add_parser("keys", help="the issuer's keys: rotate, or list without private parts")
    keys.add_argument("action", choices=["rotate", "list"])
    keys.add_argument("--overlap", type=int, metavar="MINUTES", help="how long the new key waits (default: 10)")
    keys.add_argument("--at-once", action="store_true", help="a key has leaked: replace all, and all tokens with them")
    keys.set_defaults(command=keys_command)
    tenants = commands.add_parser("tenants", help="replace tenant profiles from a file")
    tenants.add_argument("file", type=Path)
    tenants.set_defaults(command=tenants_command)
    organisations = commands.add_parser("organisations", help="add suppliers and others to the register from a file")
    organisations.add_argument("file", type=Path)
    organisations.set_defaults(command=organisations_command)
    units = commands.add_parser("units", help="replace an authority's units, and who is handled by which, from a file")
    units.add_argument("file", type=Path)
    units.set_defaults(command=units_command)
    call = commands.add_parser("call", help="one request as a client, with token and proof")
    call.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    call.add_argument("--for", dest="consumer", metavar="CLIENT", help="whose rights to use, if delegated: umea ...")
    call.add_argument(
        "--scope", action="append", metavar="SCOPE", help="ask for this right alone; may be repeated (default: all)"
    )
    call.add_argument("--handler", help="who is asking, an opaque id (default: demo-CLIENT)")
    call.add_argument("-H", "--header", action="append", default=[], metavar="NAME: VALUE")
    call.add_argument("-d", "--data", metavar="JSON|@FILE")
    call.add_argument("method", choices=["GET", "POST", "PUT", "DELETE"])
    call.add_argument("path")
    call.set_defaults(command=call_command)
    _add_webhook_commands(commands)
    demo = commands.add_parser("demo", help="the main story, end to end, on an instance of its own")
    demo.set_defaults(command=demo_command)
    add_audit_commands(commands, audit_command)
    lead_times = commands.add_parser("lead-times", help="rebuild the figures, or recount them from events")
    lead_times.add_argument("arguments", nargs=argparse.REMAINDER, help="rebuild; or recount --from DAY --to DAY")
    lead_times.set_defaults(command=lead_times_command)
    retention = commands.add_parser("retention", help="what is kept for how long: plan, run, prove")
    retention.add_argument("arguments", nargs=argparse.REMAINDER, help="plan, run or prove; --json")
    retention.set_defaults(command=retention_command)
    openapi = commands.add_parser("openapi", help="write the OpenAPI files from the code")
    openapi.add_argument("--check", action="store_true", help="only tell whether they differ")
    openapi.set_defaults(command=openapi_command)
    return parser


def _add_simulate_command(commands: Any) -> None:
    simulate = commands.add_parser("simulate", help="a simulator of a source's contract; or a year of consultations")
    simulate.add_argument(
        "contract",
        choices=["ssbtek", "af", "year"],
        help="the composite service, or Arbetsförmedlingen alone as a REST source; year fills an empty sandbox",
    )
    simulate.add_argument("--seed", type=int, default=1, help="of the year: the same gives the same (default: 1)")
    simulate.add_argument(
        "--consultations", type=_positive, default=2000, metavar="N", help="in the year (default: 2000)"
    )
    simulate.add_argument("--speed", type=_positive, metavar="DAYS", help="at most so many simulated days a second")
    simulate.add_argument("--version", choices=["10", "11"], default="10", help="of the contract (default: 10)")
    simulate.add_argument("--host", default="127.0.0.1", help="where it listens (default: this machine alone)")
    simulate.add_argument("--port", type=int, default=8003)
    simulate.add_argument("--with-parent", type=int, metavar="PID", help=argparse.SUPPRESS)
    simulate.set_defaults(command=simulate_command)


def _add_webhook_commands(commands: Any) -> None:
    listen = commands.add_parser("listen", help="receive webhooks on this machine, and print them")
    listen.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    listen.add_argument("--event", action="append", metavar="TYPE", help="may be repeated (default: all)")
    listen.add_argument("--port", type=int, default=0, help="where it listens (default: any that is free)")
    listen.set_defaults(command=listen_command)
    trigger = commands.add_parser("trigger", help="send a sample event to a subscription")
    trigger.add_argument("--as", dest="client", required=True, metavar="CLIENT", help="umea, malmo, af-workbench ...")
    trigger.add_argument("--subscription", metavar="ID", help="which (default: the newest that is active)")
    trigger.add_argument("event", metavar="TYPE", help="consultation.answered ...")
    trigger.set_defaults(command=trigger_command)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())
