"""Reads the files in `fixtures/` and turns them into rows."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.agreements.grounds.legal_bases import LegalBasis
from shared.problems import Words

FIXTURES = Path(__file__).parent.parent / "fixtures"

# The code list as it is has held since Heby moved from Västmanland to Uppsala county.
LISTED_FROM = "2007-01-01"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grounds:
    """Grounds with the edition and a hash of everything that a decision can rest on."""

    edition: int
    content_hash: bytes
    information_sets: list[Row]
    legal_bases: list[Row]
    grounds: list[Row]


def read(name: str) -> dict[str, Any]:
    """One JSON file."""
    found: dict[str, Any] = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    return found


def municipality_lines() -> list[dict[str, str]]:
    """One line a municipality."""
    with (FIXTURES / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counties(lines: Sequence[Mapping[str, str]]) -> list[Row]:
    """Each county once."""
    names = {line["county_code"]: line["county_name"] for line in lines}
    return [{"code": code, "name": name, "valid_from": LISTED_FROM} for code, name in names.items()]


def municipalities(lines: Sequence[Mapping[str, str]]) -> list[Row]:
    """The areas."""
    return [
        {"code": line["code"], "name": line["name"], "county_code": line["county_code"], "valid_from": LISTED_FROM}
        for line in lines
    ]


def municipal_organisations(lines: Sequence[Mapping[str, str]]) -> list[Row]:
    """The organisations that answer for the areas."""
    return [
        {
            "code": line["code"],
            "organisation_number": line["organisation_number"],
            "kind": "municipality",
            "name": line["legal_name"],
            "municipality_code": line["code"],
            "invented": False,
            "valid_from": LISTED_FROM,
        }
        for line in lines
    ]


def organisations(name: str) -> list[Row]:
    """Other organisations, from one file."""
    content = read(name)
    return [
        {
            "code": each["code"],
            "organisation_number": each["organisationNumber"],
            "kind": each["kind"],
            "name": each["name"],
            "name_en": each["nameEn"],
            "abbreviation": each["abbreviation"],
            "competence": each.get("competence"),
            "invented": content.get("invented", False),
        }
        for each in content["organisations"]
    ]


def grounds() -> Grounds:
    """Legal bases, information sets and grounds."""
    bases, content = read("legal_bases.json")["legalBases"], read("grounds.json")
    sets, stated = content["fieldSets"], content["grounds"]
    counted = json.dumps([bases, content["informationSets"], sets, stated], sort_keys=True)
    return Grounds(
        edition=content["edition"],
        content_hash=hashlib.sha256(counted.encode()).digest(),
        information_sets=[_information_set(each) for each in content["informationSets"]],
        legal_bases=[_legal_basis(each) for each in bases],
        grounds=[row for each in stated for row in _grounds(each, sets[each["informationSet"]][each["fieldSet"]])],
    )


def shipped_legal_bases() -> dict[str, LegalBasis]:
    """The legal bases of this version, by id, without a database."""
    rows = sorted(map(_legal_basis, read("legal_bases.json")["legalBases"]), key=lambda row: str(row["id"]))
    return {row["id"]: _as_domain(row) for row in rows}


def _as_domain(row: Row) -> LegalBasis:
    return LegalBasis(
        id=row["id"],
        reference=row["reference"],
        title=Words(row["title_sv"], row["title_en"]),
        note=None if row["note_sv"] is None else Words(row["note_sv"], row["note_en"]),
        verified=row["verified"],
        replaced_by=row["replaced_by"],
        valid_from=None if row["valid_from"] is None else date.fromisoformat(row["valid_from"]),
        valid_to=None if row["valid_to"] is None else date.fromisoformat(row["valid_to"]),
        cited_as=tuple(row["cited_as"]),
    )


def _information_set(each: Mapping[str, Any]) -> Row:
    return {
        "code": each["code"],
        "name_sv": each["name"]["sv"],
        "name_en": each["name"]["en"],
        "answering": each["answering"],
        "competence": each.get("competence"),
    }


def _legal_basis(each: Mapping[str, Any]) -> Row:
    note = each["note"] or {}
    return {
        "id": each["id"],
        "reference": each["reference"],
        "title_sv": each["title"]["sv"],
        "title_en": each["title"]["en"],
        "note_sv": note.get("sv"),
        "note_en": note.get("en"),
        "verified": each["verified"],
        "replaced_by": each["replacedBy"],
        "valid_from": each["validFrom"],
        "valid_to": each["validTo"],
        "cited_as": each.get("citedAs", []),
    }


def _grounds(each: Mapping[str, Any], fields: Sequence[str]) -> list[Row]:
    return [
        {
            "id": ":".join((each["informationSet"], purpose, kind, each["validFrom"])),
            "information_set": each["informationSet"],
            "purpose": purpose,
            "asking_kind": kind,
            "legal_basis": each["legalBasis"],
            "fields": list(fields),
            "valid_from": each["validFrom"],
            "valid_to": each["validTo"],
        }
        for purpose in each["purposes"]
        for kind in each["askingKinds"]
    ]
