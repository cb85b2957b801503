"""Decisions on grounds for the simulated year: everything it asks is permitted, and comes to the asker's own unit."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from services.consultation.consultations.domain import ConsultationType, Queue
from services.consultation.grounds.domain import AskingOrganisation, DecidedItem, Decision, HandlingUnit
from services.consultation.simulation.world import Municipality

_QUEUES = {
    f"consultation.{ConsultationType.EMPLOYER_CONTACT}": Queue.EMPLOYER,
    f"consultation.{ConsultationType.STUDY_TRANSITION}": Queue.STUDIES,
}
_DECISION = uuid.uuid5(uuid.NAMESPACE_URL, "simulated-year")


class SimulatedGrounds:
    """Stands in for the register: the player is our own, and asks for nothing that it would refuse."""

    def __init__(self, municipalities: Mapping[str, Municipality]) -> None:
        """`municipalities` by organisation."""
        self._municipalities = municipalities

    async def decide(
        self,
        organisation: str,
        purpose: str,  # noqa: ARG002 - as the protocol has it
        information_sets: Sequence[str],
        *,
        stated_law: str | None = None,  # noqa: ARG002 - as the protocol has it
        received_on: date | None = None,  # noqa: ARG002 - as the protocol has it
    ) -> Decision:
        """Permitted. Raises KeyError for an organisation that is not in the year."""
        asker = self._municipalities[organisation]
        items = tuple(
            DecidedItem(
                information_set=each,
                permitted=True,
                reason=None,
                ground="simulated",
                verified=True,
                handled_by=HandlingUnit(asker.unit, None, None, _QUEUES.get(each, Queue.GENERAL)),
            )
            for each in information_sets
        )
        named = AskingOrganisation(asker.name, "municipality", asker.code, asker.county)
        return Decision(_DECISION, 1, named, items)
