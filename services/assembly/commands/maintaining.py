"""What operators do beside serving: `migrate`, `keys`, `lead-times`, `retention` and `audit`."""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path

from services import sandbox
from services.assembly.commands.place import Place, on_database
from services.assembly.environment import CannotStart
from shared.clock import system_clock


def migrate_command(_: argparse.Namespace) -> int:
    """Migrate the databases that the environment names."""
    from services.assembly import agreements, consultation, gateway

    async def migrate() -> bool:
        await consultation.migrate()
        await agreements.migrate()
        return await gateway.migrate()

    own = on_database(migrate())
    print("migrated consultation, agreements and gateway" if own else "migrated consultation and agreements")
    return 0


def keys_command(chosen: argparse.Namespace) -> int:
    """Rotate or list the keys of the issuer."""
    from services.assembly.keys import list_keys, rotate_keys

    place = Place()
    named = os.environ.get("SAMRAD_GATEWAY_KEYS_FILE")
    if not named and not place.local:
        raise CannotStart("SAMRAD_GATEWAY_KEYS_FILE is not set")
    file = Path(named) if named else sandbox.issuer_keys(place.home)
    if chosen.action == "list":
        lines = list_keys(file, system_clock())
    else:
        lines = rotate_keys(file, system_clock(), minutes=chosen.overlap, at_once=chosen.at_once)
    print("\n".join(lines))
    return 0


def lead_times_command(chosen: argparse.Namespace) -> int:
    """Rebuild the figures, or recount them."""
    from services.assembly.lead_times import add_arguments, carry_out, furnish_sandbox

    # Read here, so that other commands don't wait for what these need to load.
    parser = argparse.ArgumentParser(prog="samrad lead-times")
    add_arguments(parser)
    asked = parser.parse_args(chosen.arguments)
    place = Place()
    with ExitStack() as stack:
        if place.local:
            furnish_sandbox(place.home, stack)
        return on_database(carry_out(asked, system_clock))


def retention_command(chosen: argparse.Namespace) -> int:
    """Tell what is due, erase it, or prove that it is gone."""
    from services.assembly.retention import add_arguments, carry_out, furnish_sandbox

    parser = argparse.ArgumentParser(prog="samrad retention")
    add_arguments(parser)
    asked = parser.parse_args(chosen.arguments)
    place = Place()
    with ExitStack() as stack:
        if place.local:
            furnish_sandbox(place.home, stack)
            for name, value in place.sandbox_settings().items():
                os.environ.setdefault(name, value)
        return on_database(carry_out(asked, system_clock))


def audit_command(chosen: argparse.Namespace) -> int:
    """Verify, extract, review."""
    from services.assembly import auditing

    place = Place()
    with ExitStack() as stack:
        if place.local and chosen.audit != "events":
            auditing.furnish_sandbox(place.home, stack)
            for name, value in place.sandbox_settings().items():
                os.environ.setdefault(name, value)
        return on_database(auditing.carry_out(chosen, system_clock))
