"""Programmes that AF has assigned, what FK pays in them day by day, and job days."""

from collections.abc import Mapping
from typing import Any

from services.consultation.lookups.sources.ssbtek.readers.fk_common import DECISION, PERIOD
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    BOOLEAN,
    DATE,
    DIGIT_CODE,
    EXTENT,
    INTEGER,
    LETTER_CODE,
    MONEY,
    Value,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Json, Listed, Shape
from services.consultation.lookups.sources.ssbtek.readers.notes import Notes

PROGRAMMES = Listed(
    Shape({"program": ("program", DIGIT_CODE), "period": (None, PERIOD), "omfattning": ("extent", EXTENT)})
)
"""`programanvisning`."""

_DAY = Shape({"dag": ("date", DATE), "ersattning": ("kind", LETTER_CODE), "belopp": ("amount", MONEY)})
_COMPENSATION = Shape(
    {
        **DECISION,
        "ersattningsdagar": ("days", Listed(_DAY)),
        "dagar": ("listedDays", Listed(DATE)),
        "ersattning": ("compensation", LETTER_CODE),
    }
)
_CASES = Listed(Shape({"beslut": ("decisions", Listed(_COMPENSATION))}))
_JOB_DAYS = Listed(Shape({"antalForbrukade": ("used", INTEGER), "harForbrukatMaxAntal": ("allUsed", BOOLEAN)}))


def _read_compensation(value: Any, key: str, notes: Notes) -> list[Json]:
    return [decision for case in _CASES.read(value, key, notes) for decision in case["decisions"]]


COMPENSATION = Value(_read_compensation, lambda decisions: _CASES.write([{"decisions": decisions}]))
"""The decisions in `programersattningsarende`, whose cases hold nothing else; written as those of one case."""


def _read_job_days(value: Any, key: str, notes: Notes) -> Json:
    entries = _JOB_DAYS.read(value, key, notes)
    flags = [each["allUsed"] for each in entries]
    used = [each["used"] for each in entries if each["used"] is not None]
    all_used = "yes" if True in flags else "no" if flags and None not in flags else "notRead"
    return {"allUsed": all_used, "used": max(used, default=None), "entries": entries}


JOB_DAYS = Value(_read_job_days, lambda job_days: _JOB_DAYS.write(job_days["entries"]))
"""`programjobdagar`, in sum and as `entries`.

`allUsed` is `yes`, `no` or `notRead`: not being told is neither. `used` is the largest number told.
"""


def no_job_days() -> Json:
    """What is said of job days when nothing was told of them."""
    return {"allUsed": "notRead", "used": None, "entries": []}


def tells_job_days(job_days: Mapping[str, Any]) -> bool:
    """Whether anything was told of them."""
    return job_days["allUsed"] != "notRead" or job_days["used"] is not None
