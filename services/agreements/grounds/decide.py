"""Decide whether an organisation may ask for information sets for a purpose, today."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from services.agreements.days import swedish_day
from services.agreements.grounds import repository
from services.agreements.grounds.citations import cited_warnings
from services.agreements.grounds.domain import Decision, decided
from services.agreements.grounds.legal_bases_repository import legal_bases
from shared.database.engine import Database


async def decide(
    database: Database,
    *,
    number: str,
    purpose: str,
    information_sets: Sequence[str],
    now: datetime,
    stated_law: str | None = None,
    received_on: date | None = None,
) -> Decision:
    """The decision, kept before it is told. `number` is ten digits. Never refuses: a refusal is a decision too.

    `stated_law` is the asker's own words on the law; what they cite that is not in force today is warned about.
    `received_on` is the day the question came: the unit that handles it is that day's, and the ground is today's.
    """
    on = swedish_day(now)
    handled_on = on if received_on is None else min(received_on, on)
    async with database.autocommit() as connection:
        found = await repository.find_evidence(
            connection, number=number, purpose=purpose, information_sets=information_sets, on=on, handled_on=handled_on
        )
        decision = Decision(
            id=uuid.uuid4(),
            version=found.edition,
            at=now,
            number=number,
            organisation=found.organisation,
            purpose=purpose,
            items=decided(found.organisation, found.evidence),
            warnings=() if stated_law is None else cited_warnings(await legal_bases(connection), stated_law, on),
        )
        await repository.keep(connection, decision)
    return decision
