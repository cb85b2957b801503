"""Organisations that a deployment adds to the register: suppliers above all, which no public list holds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.agreements.loading.files import Row
from services.agreements.wire import ICD
from shared.tokens.jose import InvalidToken
from shared.tokens.verifier import canonical_organisation

KINDS = ("supplier", "a_kassa", "region", "association")
"""What can be added. Municipalities and state agencies ship with the register."""


class OrganisationsUnfit(Exception):
    """The file cannot be used. The text says why."""


def read_organisations(path: Path) -> list[Row]:
    """The rows of a file, `{"organisations": [...]}`. Raises OrganisationsUnfit."""
    try:
        rows = [_row(each) for each in json.loads(path.read_text("utf-8"))["organisations"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidToken) as fault:
        raise OrganisationsUnfit(f"{path} is not a file of organisations ({type(fault).__name__})") from None
    if len({row["code"] for row in rows}) != len(rows):
        raise OrganisationsUnfit(f"{path} names an organisation twice")
    return rows


def _row(each: Mapping[str, Any]) -> Row:
    number = canonical_organisation(each["organisationNumber"]).removeprefix(ICD)
    if each["kind"] not in KINDS or not each["name"].strip():
        raise ValueError("the kind or name is not one that can be added")
    return {
        # Of its own making, so that a file can never put itself in the place of what ships.
        "code": f"own-{number}",
        "organisation_number": number,
        "kind": each["kind"],
        "name": each["name"],
        "name_en": each.get("nameEn"),
        "abbreviation": each.get("abbreviation"),
        "invented": False,
    }
