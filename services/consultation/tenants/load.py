"""Loads tenant profiles from a file: the sandbox's at start, a deployment's own by `./samrad tenants`."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from services.consultation.tenants.profile_file import checked_profiles
from services.consultation.tenants.repository import replace_profile
from shared.database.engine import Database, Tenancy
from shared.tokens.verifier import canonical_organisation

SANDBOX = Path(__file__).with_name("sandbox.json")


def read_tenants(file: Path, purposes: Collection[str]) -> list[dict[str, Any]]:
    """The profiles of a file in the form of `sandbox.json`. `purposes` are the codes that there are.

    Raises OSError, ValueError when it is not JSON in UTF-8, and of these UnfitProfiles with all that is wrong in it.
    """
    return checked_profiles(json.loads(file.read_text("utf-8")), purposes)


async def load_tenants(owner_url: str, tenants: Sequence[dict[str, Any]]) -> int:
    """Replace these profiles; answers how many. `owner_url` is the role that owns the tables."""
    database = Database(owner_url, pool_size=1)
    try:
        for profile in tenants:
            # The profile states 12 digits beginning with 16; inside, an organisation is the last ten.
            organisation = canonical_organisation(profile["organisationNumber"][2:])
            async with database.begin(Tenancy(organisation)) as connection:
                await replace_profile(connection, organisation, profile)
    finally:
        await database.close()
    return len(tenants)
