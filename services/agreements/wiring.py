"""What operations are handed, put on the application by `create_app`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from services.agreements.settings import Settings
from shared.clock import Clock
from shared.database.engine import Database
from shared.idempotency import Ledger


@dataclass(frozen=True, slots=True)
class Wiring:
    """The world as this service sees it."""

    settings: Settings
    database: Database
    ledger: Ledger
    clock: Clock


async def wiring(request: Request) -> Wiring:
    """The wiring of the application that answers."""
    held: Wiring = request.app.state.wiring
    return held


Wired = Annotated[Wiring, Depends(wiring)]
