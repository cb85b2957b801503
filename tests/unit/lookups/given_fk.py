"""Answers of LEFI: the one that holds every member of the contract, and parts of it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from tests.unit.lookups.given import encoded, read

_GOLDEN = Path(__file__).parents[2] / "golden"
OK = {"kod": "OK", "beskrivning": "Tillgänglig"}
DOWN = {"kod": "OTILLGANGLIG", "beskrivning": "Ej tillgänglig"}


@cache
def golden_text() -> str:
    """An answer with every member that the contract has; all its values are invented."""
    return (_GOLDEN / "fk.json").read_text(encoding="utf-8")


def golden() -> Any:
    """The same, parsed anew."""
    return json.loads(golden_text())


def expected() -> Any:
    """What is to be read of it."""
    return json.loads((_GOLDEN / "fk.expected.json").read_text(encoding="utf-8"))


def supplier(code: str, state: dict[str, str]) -> dict[str, Any]:
    """One of `utlamnare`."""
    return {"utlamnare": {"kod": code, "namn": code}, "tillstand": state}


def read_json(document: str | bytes) -> Reading:
    """The reading of a document inside `lefiJsonSvar`."""
    return read(SourceCode.FK, f"<lefiJsonSvar>{encoded(document)}</lefiJsonSvar>")


def read_lefi(**members: Any) -> Reading:
    """The reading of an answer with these members, from two suppliers that are up."""
    return read_json(json.dumps({"utlamnare": [supplier("FK", OK), supplier("PM", OK)], **members}))


def data_of(reading: Reading) -> dict[str, Any]:
    """The content, which must be there."""
    assert reading.data is not None
    return dict(reading.data)
