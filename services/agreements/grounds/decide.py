"""Decide whether an organisation may ask for information sets for a purpose, today."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from services.agreements.days import swedish_day
from services.agreements.grounds import repository
from services.agreements.grounds.domain import Decision, decided
from shared.database.engine import Database


async def decide(
    database: Database, *, number: str, purpose: str, information_sets: Sequence[str], now: datetime
) -> Decision:
    """The decision, kept before it is told. `number` is ten digits. Never refuses: a refusal is a decision too."""
    async with database.autocommit() as connection:
        found = await repository.find_evidence(
            connection, number=number, purpose=purpose, information_sets=information_sets, on=swedish_day(now)
        )
        decision = Decision(
            id=uuid.uuid4(),
            version=found.edition,
            at=now,
            number=number,
            organisation=found.organisation,
            purpose=purpose,
            items=decided(found.organisation, found.evidence),
        )
        await repository.keep(connection, decision)
    return decision
