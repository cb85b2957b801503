"""Days and points in time as they are written in bodies (RFC 3339): a number, or a text that holds one, is neither."""

import re
from datetime import date, datetime
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_WRITTEN_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(day: Any) -> Any:
    """A day is written as one: a number, or a point in time, would be made into some day by counting."""
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    if isinstance(day, str) and _WRITTEN_DAY.fullmatch(day):
        return day
    raise PydanticCustomError("date_parsing", "not a date")


def _instant(instant: Any) -> Any:
    """A number would be counted as seconds or as milliseconds, by how large it is."""
    if isinstance(instant, datetime) or (isinstance(instant, str) and _WRITTEN_DAY.match(instant)):
        return instant
    raise PydanticCustomError("datetime_parsing", "not a point in time")


WRITTEN_DAY = BeforeValidator(_day)
WRITTEN_INSTANT = BeforeValidator(_instant)
