"""`tenants`, `organisations` and `units`: files that are loaded into the registers."""

import argparse
import sys

from services.assembly.commands.place import on_database
from services.assembly.environment import CannotStart, required
from shared.clock import system_clock


def tenants_command(chosen: argparse.Namespace) -> int:
    """Load tenant profiles."""
    from services.assembly.legal_texts import out_of_date_law
    from services.consultation.lookups.purposes import PURPOSES
    from services.consultation.tenants.load import load_tenants, read_tenants
    from services.consultation.tenants.profile_file import UnfitProfiles

    url = required("SAMRAD_CONSULTATION_MIGRATION_DATABASE_URL")
    try:
        tenants = read_tenants(chosen.file, PURPOSES)
    except UnfitProfiles as fault:
        raise CannotStart(f"{chosen.file} is not loaded:\n  " + "\n  ".join(fault.faults)) from None
    except (OSError, ValueError):
        raise CannotStart(f"{chosen.file} is not a file of tenant profiles; see docs/operations.md") from None
    print(f"loaded {on_database(load_tenants(url, tenants))} tenants")
    for words in out_of_date_law(tenants, system_clock().date()):
        print(f"warning: {words.sv} / {words.en}", file=sys.stderr)
    return 0


def organisations_command(chosen: argparse.Namespace) -> int:
    """Add organisations to the register."""
    from services.agreements.load import load_organisations
    from services.agreements.loading.own import OrganisationsUnfit, read_organisations

    url = required("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL")
    try:
        print(f"loaded {on_database(load_organisations(url, read_organisations(chosen.file)))} organisations")
    except OrganisationsUnfit as fault:
        raise CannotStart(f"{fault}; see docs/operations.md") from None
    return 0


def units_command(chosen: argparse.Namespace) -> int:
    """Load an authority's units."""
    from services.agreements.load import load_units
    from services.agreements.loading.units import UnitsUnfit, read_units

    url = required("SAMRAD_AGREEMENTS_MIGRATION_DATABASE_URL")
    try:
        print(f"loaded {on_database(load_units(url, read_units(chosen.file)))} units")
    except UnitsUnfit as fault:
        raise CannotStart(f"{fault}; see docs/operations.md") from None
    return 0
