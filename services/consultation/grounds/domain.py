"""A decision of the register: who asks, and which of the asked information sets have a ground in force."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.consultation.problems import KIND_NOT_PERMITTED, NO_GROUND
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class DecidedItem:
    """One information set. `reason` tells why it is not permitted, `ground` on what it is."""

    information_set: str
    permitted: bool
    reason: str | None
    ground: str | None


@dataclass(frozen=True, slots=True)
class AskingOrganisation:
    """Who asks, as the register knew it at the time of the decision."""

    name: str
    kind: str
    municipality_code: str | None
    county_code: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Stored by id and version on what it permitted."""

    id: uuid.UUID
    version: int
    organisation: AskingOrganisation | None
    items: tuple[DecidedItem, ...]

    def require(self) -> AskingOrganisation:
        """Who asks, when everything is permitted. Raises Problem with the reason of each refused item."""
        refused = [item for item in self.items if not item.permitted]
        if not refused and self.organisation is not None:
            return self.organisation
        reasons = [{"informationSet": item.information_set, "reason": item.reason} for item in refused]
        kind = any(item.reason == "kind_not_permitted" for item in refused)
        raise Problem(KIND_NOT_PERMITTED if kind else NO_GROUND, members={"items": reasons})

    @property
    def grounds(self) -> list[str]:
        """The grounds relied on, each once."""
        return sorted({item.ground for item in self.items if item.ground is not None})


class Grounds(Protocol):
    """Decides whether an organisation may ask for information sets for a purpose, today."""

    async def decide(self, organisation: str, purpose: str, information_sets: Sequence[str]) -> Decision:
        """Raises Problem 503 when no decision can be had: without one nothing is asked."""
        ...
