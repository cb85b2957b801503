"""The enumeration brake of searches by person: to search for many is to ask about many."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import text

from services.consultation.brake.count import COUNTED, brake_refusal, counted_values
from services.consultation.brake.domain import Braked, Limits
from services.consultation.searches.domain import SearchPurpose
from shared.database.engine import Database, Tenancy
from shared.tokens.caller import Caller

_COUNT = text(f"SELECT CAST({COUNTED} AS text)")
_NO_LIMIT = 2**31 - 1


async def brake_search(
    database: Database, caller: Caller, person_mark: bytes, purpose: SearchPurpose, limits: Limits, now: datetime
) -> None:
    """Count the person for the handler, whatever the search then finds. Raises Problem 429 when it is one too many.

    A search is within no case: its persons are counted by handler alone, under a key that is no case's reference.
    """
    by_handler = replace(limits, per_case=_NO_LIMIT)
    counted = counted_values(caller, f"?{caller.actor}", person_mark, by_handler, now)
    async with database.begin(Tenancy(caller.organisation)) as connection:
        told = await connection.scalar(_COUNT, counted)
    if told is not None:
        raise await brake_refusal(
            database,
            caller,
            Braked.read(told),
            limits,
            object_type="consultation",
            purpose=purpose.value,
            case_reference=None,
            person_mark=person_mark,
            now=now,
        )
