"""The plan: what would be erased of each class, and before which time. Nothing is erased."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine

from services.consultation.retention.counting import moment_of, past_their_time
from services.consultation.retention.rules import Rules


@dataclass(frozen=True, slots=True)
class Planned:
    """Of a class: what began to count before `before` is past its time; `held` of it is kept all the same."""

    code: str
    before: datetime
    due: int
    held: int

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"class": self.code, "before": self.before.isoformat(), "due": self.due, "held": self.held}


async def plan(auditor_url: str, rules: Rules, now: datetime, *, trail_years: int) -> list[Planned]:
    """Of every class that ends, by the auditor's role."""
    # An engine of its own: the others give up on a statement that takes longer than a request may.
    engine = create_async_engine(auditor_url, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            moment = await moment_of(connection, now)
            found = await past_their_time(connection, rules, moment, trail_years, timedelta(0))
    finally:
        await engine.dispose()
    return [Planned(each.data.code, each.before, each.due, each.held) for each in found]
