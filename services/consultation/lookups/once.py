"""A request that is carried out once: its key is claimed before anybody is asked, its answer kept as it is told."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.consultation.context import Context
from shared.idempotency import Attempt, claim_waiting
from shared.tokens.caller import Caller


class CarriedOutOnce:
    """One request, with an idempotency key or without: then nothing is claimed and nothing kept."""

    def __init__(self, context: Context, caller: Caller, attempt: Attempt | None, now: datetime) -> None:
        self._context, self._caller, self._attempt, self._now = context, caller, attempt, now
        self._answers: list[Response] = []

    async def claim(self, connection: AsyncConnection) -> None:
        """In the transaction before anybody is asked. Raises Problem when a twin is under way."""
        if self._attempt:
            await claim_waiting(connection, self._caller, self._attempt, self._now)

    async def keep(self, connection: AsyncConnection, answer: Response) -> None:
        """In the transaction of the disclosure."""
        self._answers.append(answer)
        if self._attempt:
            await self._context.ledger.keep(connection, self._caller, self._attempt, answer)

    @property
    def answer(self) -> Response:
        """What was kept. There is one when the use case has ended without a refusal."""
        return self._answers[-1]
