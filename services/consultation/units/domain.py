"""Which units there are to hand over to: a port, and a list for where no register tells them."""

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
