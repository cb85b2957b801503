"""Invented agreements from `sandbox_agreements.json`. Ids follow from the content, so a reload adds none."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.agreements.loading.files import Row, read
from services.agreements.wire import ICD

_NAMESPACE = uuid.UUID("5d2b2a52-4d0a-4f0e-9a4b-0d8d3c1e7a10")


@dataclass(frozen=True, slots=True)
class Member:
    """A municipality and the organisation that answers for it."""

    code: str
    name: str
    county_code: str
    number: str


@dataclass(frozen=True, slots=True)
class Rows:
    """What is written."""

    agreements: list[Row]
    parties: list[Row]


def sandbox_rows(members: Sequence[Member], employment_service: str) -> Rows:
    """Agreements of the employment service with municipalities. `employment_service` is ten digits."""
    content = read("sandbox_agreements.json")
    by_code = {member.code: member for member in members}
    stated = [*_local(content["local"], by_code), *content["joint"]]
    agreements = [_agreement(each, members, employment_service) for each in stated]
    parties = [row for each in stated for row in _parties(each, by_code, employment_service)]
    return Rows(agreements, parties)


def _local(groups: Sequence[Mapping[str, Any]], by_code: Mapping[str, Member]) -> Iterator[dict[str, Any]]:
    for group in groups:
        for code in group["municipalities"]:
            yield {
                "key": f"local-{code}",
                "kind": "local",
                "title": f"Överenskommelse om samverkan, {by_code[code].name}",
                "validFrom": group["validFrom"],
                "municipalities": [code],
                "counties": [],
            }


def _agreement(each: Mapping[str, Any], members: Sequence[Member], employment_service: str) -> Row:
    codes, counties = set(each["municipalities"]), set(each["counties"])
    numbers = [member.number for member in members if member.code in codes or member.county_code in counties]
    return {
        "id": _id(each),
        "kind": each["kind"],
        "title": f"{each['title']} (påhittad för sandlådan / invented for the sandbox)",
        "valid_from": each["validFrom"],
        "valid_to": None,
        "party_orgs": [ICD + number for number in (employment_service, *numbers)],
        # The duty to cooperate came with the instruction of December 2022, which replaced an older one.
        "legal_bases": ["sfs-2022-811-14" if each["validFrom"] >= "2022-12-01" else "sfs-2007-1030"],
        "created_at": f"{each['validFrom']}T08:00:00Z",
    }


def _parties(each: Mapping[str, Any], by_code: Mapping[str, Member], employment_service: str) -> list[Row]:
    rows: list[Row] = [
        {"role": "organisation", "organisation_number": employment_service},
        *(
            {"role": "municipality", "organisation_number": by_code[code].number, "municipality_code": code}
            for code in each["municipalities"]
        ),
        *({"role": "county", "county_code": code} for code in each["counties"]),
    ]
    return [{"agreement_id": _id(each), "place": place, **row} for place, row in enumerate(rows)]


def _id(each: Mapping[str, Any]) -> str:
    return str(uuid.uuid5(_NAMESPACE, each["key"]))
