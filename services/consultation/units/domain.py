"""Which units there are to hand over to: a port, and the sandbox's answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Units(Protocol):
    """The units of the answering authority, today."""

    async def name_of(self, code: str) -> str | None:
        """What the unit is called, or None when no such unit handles consultations.

        Raises Problem 503 when it can't be known.
        """


@dataclass(frozen=True, slots=True)
class ListedUnits:
    """Units from a list, for where no register tells them."""

    names: Mapping[str, str]

    async def name_of(self, code: str) -> str | None:
        """See Units."""
        return self.names.get(code)


SANDBOX_UNITS = ListedUnits(
    {
        "national": "Nationell enhet för myndigheter och a-kassor (påhittad)",
        "af-24": "Enhet Västerbotten (påhittad)",
        "af-12-a": "Enhet Skåne A (påhittad)",
        "af-studies": "Nationell enhet för studier (påhittad)",
        "af-employer-north": "Arbetsgivarenhet norr (påhittad)",
    }
)
