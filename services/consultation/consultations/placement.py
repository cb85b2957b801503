"""Where a consultation comes: which unit of the answering authority has it, and in which queue.

The register's decision says it for the day the question came, and it stays with the consultation, whatever is moved
from another day on (R39).
"""

import logging
from dataclasses import dataclass

from services.consultation.consultations.domain import Restricted
from services.consultation.grounds.domain import Decision

NATIONAL_UNIT = "national"
"""Who has what no unit is known for."""

GENERAL_QUEUE = "general"
_HIDDEN = {"corrections": Restricted.CORRECTIONS}
_log = logging.getLogger("consultations")


@dataclass(frozen=True, slots=True)
class Placement:
    """`restricted` is what hides a queue from whoever lacks its scope, None for a queue that every handler sees."""

    unit: str
    queue: str
    restricted: Restricted | None


def place(decision: Decision, information_set: str) -> Placement:
    """The unit and queue for what is asked; the national unit when the register knows none."""
    found = decision.handled_by(information_set)
    queue = GENERAL_QUEUE if found is None else found.queue
    unit = None if found is None else found.unit
    if unit is None:
        municipality = decision.organisation and decision.organisation.municipality_code
        _log.warning("no unit handles this", extra={"informationSet": information_set, "municipality": municipality})
    return Placement(unit or NATIONAL_UNIT, queue, _HIDDEN.get(queue))
