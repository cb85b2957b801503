"""Time as an argument: nothing below `create_app` reads the wall clock itself."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the present instant, always with a time zone."""


def system_clock() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)
