"""Which units there are to hand over to: a port, answered by the register of agreements."""

from typing import Protocol


class Units(Protocol):
    """The units of the answering authority, today."""

    async def name_of(self, code: str) -> str | None:
        """What the unit is called, or None when no such unit handles consultations.

        Raises Problem 503 when it can't be known.
        """
