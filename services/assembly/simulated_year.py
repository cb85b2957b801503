"""`./samrad simulate year`: fills the sandbox's database with a year of consultations, through the use cases."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

from services.assembly.background import worker_database
from services.assembly.common import vault_key
from services.assembly.environment import CannotStart, read_settings
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.main import default_targets, expecting
from services.consultation.settings import Settings
from services.consultation.simulation.parameters import parameters
from services.consultation.simulation.player import AlreadyFilled, Player, Progress, Stage
from services.consultation.simulation.working_days import working_days
from services.consultation.simulation.world import read_municipalities
from services.consultation.simulation.year import Year, timeline
from shared.database.engine import Database
from shared.jobs.job import Run
from shared.tokens.verifier import canonical_organisation
from shared.vault import Vault

MUNICIPALITIES = Path(__file__).resolve().parent.parent / "agreements" / "fixtures" / "municipalities.csv"
_DAYS = 364
_BEGIN = "Begin with an empty database: another SAMRAD_HOME, or this one removed."


def make_year(seed: int, consultations: int, last: date) -> Year:
    """The year that ends with the day `last`."""
    chosen = parameters()
    days = working_days(swedish_calendar(), last - timedelta(days=_DAYS), last)
    return Year(seed, consultations, days, read_municipalities(MUNICIPALITIES, chosen), chosen)


async def play(year: Year, show: Callable[[Progress], None], *, days_a_second: float | None = None) -> int:
    """Fill the database that the environment names; answers how many steps were taken. Raises CannotStart.

    `days_a_second` holds it back; None is as fast as it goes. What can be expected is refreshed each simulated week, so
    that most questions are given an estimate.
    """
    settings = read_settings(Settings)
    async with AsyncExitStack() as stack:
        stage = _stage(settings, stack)
        worker = Database(worker_database("consultation"), pool_size=1)
        stack.push_async_callback(worker.close)
        refresh = expecting(settings)

        async def after_day(progress: Progress) -> None:
            show(progress)
            if progress.day.weekday() == 0:
                async with worker.without_tenant() as connection:
                    await refresh(Run(connection, _evening(progress.day, year), {}))
            if days_a_second is not None:
                await asyncio.sleep(1 / days_a_second)

        steps = timeline(year)
        try:
            await Player(stage, year).play(steps, after_day)
        except AlreadyFilled as filled:
            raise CannotStart(_refused(filled.reached)) from None
        except asyncio.CancelledError:
            print(f"\ncut off: the year that is there is not whole, and is not gone on with. {_BEGIN}", file=sys.stderr)
            raise
        return len(steps)


def _refused(reached: date | None) -> str:
    if reached is None:
        return f"the database holds consultations already. {_BEGIN}"
    there = f"the database holds a simulated year already, up to {reached}."
    return f"{there} If it was cut off there it is not gone on with. {_BEGIN}"


def _stage(settings: Settings, stack: AsyncExitStack) -> Stage:
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.pool_size)
    stack.push_async_callback(database.close)
    return Stage(
        database=database,
        vault=Vault(
            vault_key(settings.sealing_key.get_secret_value(), "SAMRAD_CONSULTATION_SEALING_KEY"),
            vault_key(settings.marking_key.get_secret_value(), "SAMRAD_CONSULTATION_MARKING_KEY"),
        ),
        answering=canonical_organisation(settings.answering_organisation),
        defaults=default_targets(settings),
    )


def _evening(day: date, year: Year) -> datetime:
    return year.days.openings[year.days.days.index(day)] + timedelta(seconds=year.days.day_seconds)


def shown(progress: Progress, began: float) -> str:
    """One line: the simulated date, how many steps have been taken, and how many a second."""
    rate = progress.done / max(time.monotonic() - began, 0.001)
    return f"{progress.day} {progress.done}/{progress.of} steps, {rate:.0f} a second"


def printer() -> Callable[[Progress], None]:
    """Shows progress on one line of a terminal, else a line a simulated month."""
    began, month = time.monotonic(), 0

    def show(progress: Progress) -> None:
        nonlocal month
        if sys.stderr.isatty():
            print(f"\r{shown(progress, began)}", end="", file=sys.stderr, flush=True)
        elif progress.day.month != month:
            month = progress.day.month
            print(shown(progress, began), file=sys.stderr, flush=True)

    return show
