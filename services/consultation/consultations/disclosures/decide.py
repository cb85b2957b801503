"""Decide set by set: what comes with an answer, in the transaction of the answer."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.consultations.disclosures.domain import Disclosure, require_a_decision_on_each
from services.consultation.consultations.disclosures.repository import asked_sets, keep
from services.consultation.consultations.domain import Consultation
from shared.vault import Vault


async def decide_on_sets(
    connection: AsyncConnection, vault: Vault, after: Consultation, decided: Sequence[Disclosure]
) -> None:
    """Keep a decision on every set that was asked for. Raises Problem when they do not match, and nothing is kept."""
    require_a_decision_on_each(await asked_sets(connection, after.organisation, after.id), decided)
    await keep(connection, vault, after, decided)
