"""What the routes of this service are handed: one object, made in `create_app`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.consultation.brake.domain import Limits
from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.unit_clocks import UnitClocks
from services.consultation.expected.expectations import Expectations
from services.consultation.grounds.domain import Grounds
from services.consultation.units.domain import Units
from shared.clock import Clock
from shared.database.engine import Database
from shared.http.shared_answers import SharedAnswers
from shared.idempotency import Ledger
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Context:
    """`database` is the runtime role's, `statistics` reads columns without persons across organisations.

    `base_url` is the public address of the API; `answering` the canonical organisation that answers;
    `clocks` the calendars and targets of its units, `expectations` when these answer; `limits` the persons that may
    be asked about; of others no figures are told that count fewer than `small_numbers_below`;
    `units` those that a consultation can be handed over to; for so long is a draft kept that nobody saves again;
    `answers` what has been told of figures already.
    """

    database: Database
    statistics: Database
    vault: Vault
    ledger: Ledger
    grounds: Grounds
    clock: Clock
    calendar: BusinessCalendar
    clocks: UnitClocks
    expectations: Expectations
    answering: str
    base_url: str
    limits: Limits
    small_numbers_below: int
    units: Units
    drafts_kept: timedelta
    answers: SharedAnswers

    def json(self, model: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A model as an answer, serialised once."""
        body = model.model_dump_json(by_alias=True)
        return Response(body, status_code=status, headers=headers, media_type="application/json")


def context_of(request: Request) -> Context:
    """The context of the application that serves the request."""
    return cast(Context, request.app.state.context)
