"""The units of an authority and what each of them handles, from a file; `fixtures/sandbox_units.json` shows its form.

A county stands for the municipalities in it. What a file says replaces what files have said before; moves that were
made over the API stay.
"""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.agreements.loading.files import Row
from services.agreements.loading.sandbox import Member
from services.agreements.units.domain import Competence, Level
from shared.tokens.jose import InvalidToken
from shared.tokens.verifier import canonical_organisation

_NAMESPACE = uuid.UUID("0f9c7a4e-6f1b-4b57-8c1f-2f5f6e1d9b42")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_ABOVE = {Level.NATIONAL: (), Level.REGION: (Level.NATIONAL,), Level.UNIT: (Level.REGION, Level.NATIONAL)}
_MOST_TOLD = 5


class UnitsUnfit(Exception):
    """The file cannot be used. The text says why."""

    @classmethod
    def because(cls, faults: Sequence[str]) -> "UnitsUnfit":
        """The first few faults, and how many there are."""
        more = f" and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        return cls("; ".join(faults[:_MOST_TOLD]) + more)


@dataclass(frozen=True, slots=True)
class Placement:
    """One unit handles these competences for these counties and municipalities from a day on."""

    unit: str
    competences: tuple[Competence, ...]
    counties: frozenset[str]
    municipalities: frozenset[str]
    valid_from: str


@dataclass(frozen=True, slots=True)
class UnitFile:
    """What a file says. `organisation` is canonical; `units`, `versions` and `askers` are rows of their tables."""

    organisation: str
    units: list[Row]
    versions: list[Row]
    placements: tuple[Placement, ...]
    askers: list[Row]

    def assignments(self, members: Sequence[Member]) -> list[Row]:
        """A row for each municipality and competence. Raises UnitsUnfit when one is there twice, or is not known.

        Ids follow from the content, so that the same file makes the same rows.
        """
        areas = {member.code for member in members} | {member.county_code for member in members}
        unknown = {code for each in self.placements for code in each.counties | each.municipalities} - areas
        if unknown:
            raise UnitsUnfit.because([f"no municipality or county has the code {code}" for code in sorted(unknown)])
        rows = [self._assignment(*found) for found in self._placed(members)]
        held = {row["id"]: row for row in rows}
        if len(held) != len(rows):
            raise UnitsUnfit("a municipality is placed twice for the same competence and day")
        return rows

    def _placed(self, members: Sequence[Member]) -> Iterator[tuple[Placement, Competence, str]]:
        for placement in self.placements:
            for member in members:
                if member.code in placement.municipalities or member.county_code in placement.counties:
                    for competence in placement.competences:
                        yield placement, competence, member.code

    def _assignment(self, placement: Placement, competence: Competence, code: str) -> Row:
        key = f"{self.organisation}/{code}/{competence}/{placement.valid_from}"
        return {
            "id": str(uuid.uuid5(_NAMESPACE, key)),
            "municipality_code": code,
            "competence": competence.value,
            "unit_code": placement.unit,
            "valid_from": placement.valid_from,
        }


def read_units(path: Path) -> UnitFile:
    """The file. Raises UnitsUnfit for what can be seen without a register."""
    try:
        content = json.loads(path.read_text("utf-8"))
        found = _unit_file(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidToken) as fault:
        raise UnitsUnfit(f"{path} is not a file of units ({type(fault).__name__})") from None
    faults = list(_faults(found))
    if faults:
        raise UnitsUnfit.because(faults)
    return found


def _unit_file(content: Mapping[str, Any]) -> UnitFile:
    owner, invented = canonical_organisation(content["organisation"]), bool(content.get("invented", False))
    levels = {each["code"]: Level(each["level"]) for each in content["units"]}
    if any(Level(each["level"]) is not levels[each["code"]] for each in content["units"]):
        raise ValueError("a unit changes its level")
    return UnitFile(
        organisation=owner,
        units=[
            {"code": code, "owner_org": owner, "level": level.value, "invented": invented}
            for code, level in levels.items()
        ],
        versions=[_version(each) for each in content["units"]],
        placements=tuple(_placement(each) for each in content["municipalities"]),
        askers=[row for each in content["askers"] for row in _askers(each, owner)],
    )


def _version(each: Mapping[str, Any]) -> Row:
    if not each["name"].strip():
        raise ValueError("a unit has no name")
    return {
        "code": each["code"],
        "name": each["name"],
        "parent": each["parent"],
        "valid_from": _day(each["validFrom"]),
        "valid_to": each.get("validTo") and _day(each["validTo"]),
    }


def _placement(each: Mapping[str, Any]) -> Placement:
    return Placement(
        unit=each["unit"],
        competences=tuple(Competence(name) for name in each["competences"]),
        counties=frozenset(each["counties"]),
        municipalities=frozenset(each["municipalities"]),
        valid_from=_day(each["validFrom"]),
    )


def _askers(each: Mapping[str, Any], owner: str) -> Iterator[Row]:
    kinds = [{"asking_kind": kind} for kind in each["kinds"]]
    numbers = [{"organisation_number": canonical_organisation(number)[-10:]} for number in each["organisations"]]
    if "municipality" in each["kinds"]:
        raise ValueError("municipalities are placed by their codes")
    for asker in [*kinds, *numbers]:
        for name in each["competences"]:
            yield {
                **asker,
                "owner_org": owner,
                "competence": Competence(name).value,
                "unit_code": each["unit"],
                "valid_from": _day(each["validFrom"]),
            }


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _faults(file: UnitFile) -> Iterator[str]:
    levels = {row["code"]: Level(row["level"]) for row in file.units}
    for row in file.units:
        if _CODE.fullmatch(row["code"]) is None:
            yield f"{row['code']} is no code of a unit"
    for version in file.versions:
        level, parent = levels[version["code"]], version["parent"]
        if (parent is None) != (level is Level.NATIONAL) or (parent and levels.get(parent) not in _ABOVE[level]):
            yield f"{version['code']} has no parent that it can have"
    handling = {each.unit for each in file.placements} | {row["unit_code"] for row in file.askers}
    yield from (f"{code} handles questions and is no unit" for code in handling if levels.get(code) is not Level.UNIT)
