"""The only wiring of the agreements service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from services.agreements import audit_events as _audit_events  # noqa: F401 - fills the catalogue
from services.agreements.about.routes import VERSION
from services.agreements.about.routes import router as about
from services.agreements.coverage.routes import router as coverage
from services.agreements.delegations.routes import router as delegations
from services.agreements.grounds.routes import router as grounds
from services.agreements.organisations.routes import router as organisations
from services.agreements.readiness import readiness
from services.agreements.register.routes import router as register
from services.agreements.scopes import AUDIT_READ, SCOPES
from services.agreements.settings import Settings
from services.agreements.units.move_routes import router as unit_moves
from services.agreements.units.routes import router as units
from services.agreements.wiring import Wiring
from shared.clock import Clock
from shared.database.engine import Database
from shared.housekeeping import repeating
from shared.http import openapi
from shared.http.audit_trail import AuditTrail, audit_router, record_refusal
from shared.http.guard import App
from shared.http.service import create_api, create_service
from shared.idempotency import Ledger
from shared.jobs.worker import Faults
from shared.sealing.watch import LOOK_SECONDS, SealingWatch
from shared.tokens.caller import Gatekeeper
from shared.vault import Vault

PREFIX = "/agreements/v1"
ROUTERS = (
    organisations,
    units,
    unit_moves,
    grounds,
    register,
    coverage,
    delegations,
    audit_router(AUDIT_READ),
    about,
)

_DESCRIPTION = """\
The register behind Samråd: organisations, legal bases, agreements and coverage, the decision on who may ask whom for
what, delegations that let a supplier's system act, and which unit of the answering authority handles whose questions.
Limitations: legal bases are facts with validity, not legal
advice; the register begins on 2007-01-01 and its grounds on 2022-01-01; what carries `invented` is made up for the
sandbox.

Registret bakom Samråd: organisationer, rättsliga stöd, överenskommelser och täckning, beslutet om vem som får fråga vem
om vad, fullmakter som låter en leverantörs system agera, och vilken enhet hos den svarande myndigheten som handlägger
vems frågor. Begränsningar: rättsliga stöd är fakta med giltighetstid
och ersätter inte en egen bedömning; registret börjar 2007-01-01 och stöden 2022-01-01; det som är märkt `invented` är
påhittat för sandlådan.
"""
_ABOUT = openapi.Description(
    title="Samråd agreements",
    version=VERSION,
    description=_DESCRIPTION,
    server_url=f"https://samrad.example{PREFIX}",
    terms_url="https://samrad.example/terms",
    scopes=SCOPES,
    token_url="https://samrad.example/oauth/token",  # noqa: S106  an address, no secret
    actor_header="Samrad-Handler",
)


def create_app(
    settings: Settings,
    *,
    database: Database,
    gatekeeper: Gatekeeper,
    vault: Vault,
    clock: Clock,
    background: Faults,
) -> App:
    """The service as an ASGI application. `database` is of the runtime role and closed by the one who made it."""
    watch = SealingWatch(database, "agreements")
    wired = Wiring(settings=settings, database=database, ledger=Ledger(vault), clock=clock)
    api = create_api(
        routers=ROUTERS,
        gatekeeper=gatekeeper,
        on_refusal=record_refusal,
        disclosing=watch,
        state={
            "wiring": wired,
            "audit_trail": AuditTrail(database, clock, settings.api_url),
        },
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with repeating(watch.look, every_seconds=LOOK_SECONDS):
            yield

    return create_service(prefix=PREFIX, api=api, readiness=readiness(database, watch, background), lifespan=lifespan)


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document. Needs nothing that runs."""
    return openapi.openapi_document(ROUTERS, _ABOUT)
