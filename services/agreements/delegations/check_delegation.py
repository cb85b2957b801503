"""Tell whether a supplier may act for a consumer right now: asked when a token is issued and when it is used."""

import uuid
from datetime import datetime

from services.agreements.days import swedish_day
from services.agreements.delegations import repository
from services.agreements.delegations.domain import Question
from shared.clock import Clock
from shared.database.engine import Database, Tenancy
from shared.tokens.acting import Acting


async def check_delegation(database: Database, question: Question, now: datetime) -> uuid.UUID | None:
    """The delegation that lets it, or None. A no is an answer and not a refusal."""
    # As the consumer: what others have granted is not even there to be found.
    async with database.begin(Tenancy(question.consumer)) as connection:
        return await repository.find_in_force(connection, question, swedish_day(now))


class OwnDelegations:
    """Implements `ActingCheck` for the service that holds the delegations. Nothing is remembered: it is all here."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def still_allowed(self, acting: Acting, on_behalf_of: str, scopes: frozenset[str]) -> bool:
        """See ActingCheck. A database that does not answer is 503 like everywhere."""
        question = Question(on_behalf_of, acting.organisation, sorted(scopes), acting.delegation)
        return await check_delegation(self._database, question, self._clock()) is not None
