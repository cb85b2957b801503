"""A decision of the register: who asks, and which of the asked information sets have a ground in force."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.consultation.problems import KIND_NOT_PERMITTED, NO_GROUND
from shared.problems import Problem, Words


@dataclass(frozen=True, slots=True)
class HandlingUnit:
    """The unit of the answering authority that handles such questions of the asker's today, and in which queue.

    `unit` and `region` are codes of its own: None when no unit is assigned, or when it is not in a region. `queue` is
    a competence: general, employer, studies, corrections.
    """

    unit: str | None
    name: str | None
    region: str | None
    queue: str


@dataclass(frozen=True, slots=True)
class DecidedItem:
    """One information set. `reason` tells why it is not permitted, `ground` on what it is.

    `fields` are the pieces of the set that the ground opens; `verified` tells whether its legal basis was read in
    the statute, None when there is no ground. `handled_by` is None for what is no question to a handler.
    """

    information_set: str
    permitted: bool
    reason: str | None
    ground: str | None
    fields: frozenset[str] = frozenset()
    verified: bool | None = None
    handled_by: HandlingUnit | None = None


@dataclass(frozen=True, slots=True)
class LawWarning:
    """Words on law that is not, or not any longer, what it seems. `replacement` is the id and reference instead."""

    code: str
    words: Words
    replacement: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class AskingOrganisation:
    """Who asks, as the register knew it at the time of the decision."""

    name: str
    kind: str
    municipality_code: str | None
    county_code: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Stored by id and version on what it permitted. `warnings` are about the law that the asker states."""

    id: uuid.UUID
    version: int
    organisation: AskingOrganisation | None
    items: tuple[DecidedItem, ...]
    warnings: tuple[LawWarning, ...] = ()

    def require(self) -> AskingOrganisation:
        """Who asks, when everything is permitted. Raises Problem with the reason of each refused item."""
        refused = [item for item in self.items if not item.permitted]
        if not refused and self.organisation is not None:
            return self.organisation
        reasons = [{"informationSet": item.information_set, "reason": item.reason} for item in refused]
        kind = any(item.reason == "kind_not_permitted" for item in refused)
        raise Problem(KIND_NOT_PERMITTED if kind else NO_GROUND, members={"items": reasons})

    def opens(self, information_set: str) -> frozenset[str]:
        """The pieces of an information set that may be told; none when it is not permitted."""
        return next(
            (item.fields for item in self.items if item.information_set == information_set and item.permitted),
            frozenset(),
        )

    def ground_of(self, information_set: str) -> str | None:
        """What an information set is permitted on."""
        return next((item.ground for item in self.items if item.information_set == information_set), None)

    def handled_by(self, information_set: str) -> HandlingUnit | None:
        """Who handles questions about an information set, if the register knows."""
        return next((item.handled_by for item in self.items if item.information_set == information_set), None)

    @property
    def grounds(self) -> list[str]:
        """The grounds relied on, each once."""
        return sorted({item.ground for item in self.items if item.ground is not None})


class Grounds(Protocol):
    """Decides whether an organisation may ask for information sets for a purpose, today."""

    async def decide(
        self,
        organisation: str,
        purpose: str,
        information_sets: Sequence[str],
        *,
        stated_law: str | None = None,
        received_on: date | None = None,
    ) -> Decision:
        """Raises Problem 503 when no decision can be had: without one nothing is asked.

        `stated_law` is the asker's own words on the law, which the decision warns about when they are out of date.
        `received_on` is the day it came, when that is earlier: it comes to the unit of that day.
        """
        ...
