"""One organisation that acts for another: the claim `act` (RFC 8693 section 4.1), and whether it still may.

A token outlives what it was issued on, so a service asks again with each request and remembers the answer for a while.
"""

import asyncio
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from shared.clock import Clock

ACTOR_CLAIM = "act"
DELEGATION_MEMBER = "delegation"
"""In the claim: the id of what lets the client act."""

REMEMBERED_SECONDS = 30.0
"""Half of what a withdrawal may take to bite. The other half is for an answer on its way and for clocks."""
_CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts for the organisation of a token, in canonical form, and the delegation that lets it."""

    organisation: str
    delegation: uuid.UUID


class ActingCheck(Protocol):
    """Tells whether a delegation is in force."""

    async def still_allowed(self, acting: Acting, on_behalf_of: str, scopes: frozenset[str]) -> bool:
        """Whether it lets `acting` use all the scopes with the rights of `on_behalf_of`, an organisation.

        Raises Problem 503 when it can't be told: then nothing is let through.
        """
        ...


_Question = tuple[Acting, str, frozenset[str]]


class RememberedCheck:
    """Asks another check, and remembers a yes and a no alike for half a minute. What failed is not remembered."""

    def __init__(self, inner: ActingCheck, clock: Clock) -> None:
        self._inner, self._clock = inner, clock
        self._known: OrderedDict[_Question, tuple[float, bool]] = OrderedDict()
        self._underway: dict[_Question, asyncio.Future[bool]] = {}

    async def still_allowed(self, acting: Acting, on_behalf_of: str, scopes: frozenset[str]) -> bool:
        """See ActingCheck."""
        question = (acting, on_behalf_of, scopes)
        known = self._known.get(question)
        # An answer from the future is one from before the clock was set back.
        if known is not None and 0 <= self._clock().timestamp() - known[0] < REMEMBERED_SECONDS:
            return known[1]
        # Who comes while the same is being asked waits for that answer.
        if (underway := self._underway.get(question)) is None:
            underway = self._underway[question] = asyncio.ensure_future(self._ask(question))
            underway.add_done_callback(lambda _: self._underway.pop(question, None))
        return await asyncio.shield(underway)

    async def _ask(self, question: _Question) -> bool:
        # The answer is as old as the question: what changes while it is on its way may not be in it.
        asked_at = self._clock().timestamp()
        answer = await self._inner.still_allowed(*question)
        self._known[question] = (asked_at, answer)
        self._known.move_to_end(question)
        if len(self._known) > _CAPACITY:
            self._known.popitem(last=False)
        return answer
