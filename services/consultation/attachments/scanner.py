"""What is asked of a virus scanner."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What it says of a content."""

    CLEAN = "clean"
    INFECTED = "infected"


class ScannerUnavailable(Exception):
    """It said neither: it is down, slow, or answers something else. The text says which, and repeats nothing."""


class Scanner(Protocol):
    """Looks through a content."""

    async def scan(self, content: AsyncIterator[bytes]) -> Verdict:
        """Raises ScannerUnavailable, and what the content raises."""
        ...
