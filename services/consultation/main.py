"""The consultation service, wired: the only place where its parts meet."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.consultation import audit_events as _audit_events  # noqa: F401 - fills the catalogue
from services.consultation import codelists, information
from services.consultation.answer_templates import filling_routes as template_filling_routes
from services.consultation.answer_templates import routes as template_routes
from services.consultation.attachments import routes as attachment_routes
from services.consultation.attachments.filing import Filing
from services.consultation.attachments.store import ANOTHER, store_faults
from services.consultation.brake.domain import Limits
from services.consultation.channels import advice_routes
from services.consultation.channels import routes as channel_routes
from services.consultation.channels.meeting_requests import routes as meeting_request_routes
from services.consultation.channels.slots import routes as slot_routes
from services.consultation.clocks.domain import BusinessCalendar
from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.clocks.unit_clocks import UnitClocks
from services.consultation.consultations import clock_routes, expected_routes, hidden_entries
from services.consultation.consultations import process_routes as consultation_process_routes
from services.consultation.consultations import reading_routes as consultation_reading_routes
from services.consultation.consultations import routes as consultation_routes
from services.consultation.consultations import type_routes as consultation_type_routes
from services.consultation.consultations.approvals import routes as approval_routes
from services.consultation.consultations.approvals import rule_routes as approval_rule_routes
from services.consultation.consultations.attachments.domain import Limits as AttachmentLimits
from services.consultation.consultations.disclosures import catalogue_routes
from services.consultation.consultations.domain import ConsultationType
from services.consultation.consultations.drafts import routes as draft_routes
from services.consultation.consultations.links import routes as link_routes
from services.consultation.consultations.notes import routes as note_routes
from services.consultation.consultations.violence import routes as violence_routes
from services.consultation.context import Context
from services.consultation.expected.expectations import Expectations
from services.consultation.expected.refresh import Refreshing
from services.consultation.faq import reading_routes as faq_reading_routes
from services.consultation.faq import routes as faq_routes
from services.consultation.grounds.domain import Grounds
from services.consultation.information import VERSION
from services.consultation.leadtimes import (
    drill_routes,
    flow_routes,
    intervention_routes,
    open_routes,
    physical_meeting_routes,
)
from services.consultation.leadtimes import routes as leadtime_routes
from services.consultation.lookups import purpose_routes, source_routes
from services.consultation.lookups import routes as lookup_routes
from services.consultation.lookups.asking import AskDependencies
from services.consultation.lookups.completion import routes as completion_routes
from services.consultation.lookups.facade.app import PATH as FACADE_PATH
from services.consultation.lookups.facade.app import FacadeDependencies, create_facade
from services.consultation.lookups.facade.clients import RegisteredClients
from services.consultation.lookups.facade.environments import EnvironmentsProbe
from services.consultation.lookups.facade.writers.registry import WRITERS
from services.consultation.lookups.households import routes as household_routes
from services.consultation.lookups.households.ask_household import HouseholdDependencies
from services.consultation.lookups.source_routes import Watching
from services.consultation.lookups.sources.domain import Source, SourceCode
from services.consultation.lookups.sources.environment import Environment
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.problems import CHECKS
from services.consultation.protection import routes as protection_routes
from services.consultation.pulses import routes as pulse_routes
from services.consultation.queue import leading_routes as queue_leading_routes
from services.consultation.queue import routes as queue_routes
from services.consultation.queue import view_routes as queue_view_routes
from services.consultation.retention.holds import routes as hold_routes
from services.consultation.scopes import AUDIT_READ, SCOPES
from services.consultation.searches import routes as search_routes
from services.consultation.service_levels import routes as service_level_routes
from services.consultation.settings import ClockSettings, Settings
from services.consultation.tables import LAYOUT, STATISTICS_READS
from services.consultation.timers.close_answered import ClosingAnswered
from services.consultation.timers.recount import Recounting
from services.consultation.timers.ring import Ringing
from services.consultation.units.domain import Units
from services.consultation.webhooks import delivery_routes as webhook_delivery_routes
from services.consultation.webhooks import routes as webhook_routes
from services.consultation.webhooks.courier import Courier
from shared.blobs.protocol import Blobs
from shared.clock import Clock
from shared.database.engine import Database
from shared.database.isolation import isolation_faults, reach_faults
from shared.database.migrate import migration_faults
from shared.housekeeping import repeating
from shared.http import openapi
from shared.http.audit_trail import AuditTrail, audit_router, record_refusal
from shared.http.guard import App
from shared.http.service import create_api, create_service
from shared.http.shared_answers import SharedAnswers
from shared.idempotency import Ledger
from shared.jobs.worker import Faults
from shared.outbound import Outbound
from shared.sealing.watch import LOOK_SECONDS, SealingWatch
from shared.tokens.caller import Gatekeeper
from shared.tokens.verifier import canonical_organisation
from shared.vault import Vault

PREFIX = "/consultation/v1"
ACTOR_HEADER = "Samrad-Handler"
MIGRATIONS = Path(__file__).with_name("migrations")
PROBE_LOOK_SECONDS = 1.0
"""How often it is looked whether a probe of an open circuit is due."""

_ROUTERS = (
    lookup_routes.router,
    completion_routes.router,
    household_routes.router,
    purpose_routes.router,
    source_routes.router,
    consultation_routes.router,
    attachment_routes.router,
    consultation_process_routes.router,
    violence_routes.router,
    link_routes.router,
    hold_routes.router,
    pulse_routes.router,
    consultation_reading_routes.router,
    consultation_type_routes.router,
    channel_routes.router,
    meeting_request_routes.router,
    slot_routes.router,
    catalogue_routes.router,
    advice_routes.router,
    clock_routes.router,
    expected_routes.router,
    service_level_routes.router,
    queue_routes.router,
    queue_leading_routes.router,
    queue_view_routes.router,
    note_routes.router,
    draft_routes.router,
    template_routes.router,
    template_filling_routes.router,
    approval_routes.router,
    approval_rule_routes.router,
    faq_routes.router,
    faq_reading_routes.router,
    search_routes.router,
    protection_routes.router,
    webhook_routes.router,
    webhook_delivery_routes.router,
    leadtime_routes.router,
    drill_routes.router,
    open_routes.router,
    flow_routes.router,
    physical_meeting_routes.router,
    intervention_routes.router,
    audit_router(AUDIT_READ, hidden_entries.CONCEALMENT),
    codelists.router,
    information.router,
)

_ABOUT = openapi.Description(
    title="Samråd: consultation",
    version=VERSION,
    description=(
        "Look-ups in several authorities' registers, consultations between municipalities and Arbetsförmedlingen, "
        "and their lead times; events are sent to webhooks. Known limitations: "
        "version 11 of SSBTEK's contract is reconstructed, since no official schema is public.\n\n"
        "Slagningar i flera myndigheters register, samråd mellan kommuner och Arbetsförmedlingen, och ledtider för "
        "dem; händelser sänds till webhookar. Kända begränsningar: version 11 av "
        "SSBTEK:s kontrakt är rekonstruerad, eftersom inget officiellt schema är offentligt."
    ),
    server_url="https://samrad.example/consultation/v1",
    terms_url="https://samrad.example/terms",
    scopes=SCOPES,
    token_url="https://samrad.example/oauth/token",  # noqa: S106 - an address, not a secret
    actor_header=ACTOR_HEADER,
    checks=CHECKS,
)


@dataclass(frozen=True, slots=True)
class World:
    """What the service is handed: everything that a test may want to hold in its own hands.

    `environments` are what stands behind `sources`, and `health` is where these count their answers. `outbound` leads
    to addresses that subscribers have chosen, and `blobs` keeps the contents of attachments.
    """

    database: Database
    statistics: Database
    gatekeeper: Gatekeeper
    vault: Vault
    grounds: Grounds
    units: Units
    sources: Mapping[SourceCode, Source]
    environments: Sequence[Environment]
    health: SourceHealth
    clock: Clock
    background: Faults
    outbound: Outbound
    blobs: Blobs


def create_app(settings: Settings, world: World) -> App:
    """The service as an ASGI application."""
    watch = SealingWatch(world.database, "consultation")
    api = create_api(
        routers=_ROUTERS,
        gatekeeper=world.gatekeeper,
        on_refusal=record_refusal,
        disclosing=watch,
        state={
            "context": _context(settings, world, swedish_calendar()),
            "asking": (asking := _asking(settings, world)),
            "asking_households": HouseholdDependencies(asking, settings.household_concurrency),
            "filing": Filing(world.blobs, _attachment_limits(settings), scanned=bool(settings.scanner)),
            "courier": Courier(world.outbound, world.clock, settings.public_url + PREFIX),
            "watching": Watching(world.environments, world.health),
            "audit_trail": AuditTrail(world.database, world.clock, settings.public_url + PREFIX),
        },
    )

    async def readiness() -> list[str]:
        async with world.database.without_tenant() as connection:
            faults = [
                *await isolation_faults(connection, LAYOUT),
                *await migration_faults(connection, MIGRATIONS),
            ]
        if not faults:
            async with world.database.without_tenant() as connection:
                of_store = await store_faults(connection, world.blobs, world.clock())
            # Where the store is away only attachments are not served; into another one they would be written.
            faults += [fault for fault in of_store if fault == ANOTHER]
        faults += await watch.faults()
        async with world.statistics.without_tenant() as connection:
            faults += await reach_faults(connection, STATISTICS_READS)
        return [*faults, *world.background()]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as chores:
            await chores.enter_async_context(repeating(watch.look, every_seconds=LOOK_SECONDS))
            for each in world.environments:
                probing = repeating(each.guard.probe_when_due, every_seconds=PROBE_LOOK_SECONDS)
                await chores.enter_async_context(probing)
            yield
        await world.database.close()
        await world.statistics.close()

    return create_service(prefix=PREFIX, api=api, readiness=readiness, lifespan=lifespan)


def create_facade_app(settings: Settings, world: World, clients: RegisteredClients, *, public_url: str) -> App:
    """The facade, in the same world as the service. It is for a listener that knows its clients by certificate."""
    watch = SealingWatch(world.database, "consultation")
    needs = FacadeDependencies(
        asking=_asking(settings, world),
        clients=clients,
        disclosing=watch,
        trail=AuditTrail(world.database, world.clock, settings.public_url + PREFIX),
        probe=EnvironmentsProbe(world.environments),
        writers=WRITERS,
        version=V10,
        address=public_url.rstrip("/") + FACADE_PATH,
    )
    return create_facade(needs, beside=watch.look, every_seconds=LOOK_SECONDS)


def _asking(settings: Settings, world: World) -> AskDependencies:
    return AskDependencies(
        database=world.database,
        vault=world.vault,
        grounds=world.grounds,
        sources=world.sources,
        clock=world.clock,
        budget_seconds=settings.lookup_budget_seconds,
        limits=_limits(settings),
        answers_kept=timedelta(minutes=settings.answers_kept_minutes),
    )


def _context(settings: Settings, world: World, calendar: BusinessCalendar) -> Context:
    answering = canonical_organisation(settings.answering_organisation)
    return Context(
        database=world.database,
        statistics=world.statistics,
        vault=world.vault,
        ledger=Ledger(world.vault),
        grounds=world.grounds,
        clock=world.clock,
        calendar=calendar,
        clocks=UnitClocks(world.database, answering, default_targets(settings)),
        expectations=Expectations(world.database),
        answering=answering,
        base_url=settings.public_url + PREFIX,
        limits=_limits(settings),
        small_numbers_below=settings.small_numbers_below,
        units=world.units,
        drafts_kept=timedelta(days=settings.drafts_kept_days),
        answers=SharedAnswers(),
    )


def default_targets(settings: ClockSettings) -> dict[str, int]:
    """Working seconds by type, for where neither a unit nor all of them have a target."""
    hours = dict.fromkeys(ConsultationType, settings.target_hours_consultation)
    hours[ConsultationType.INFORMATION_REQUEST] = settings.target_hours_information_request
    return {each.value: int(hours[each] * 3600) for each in ConsultationType}


def keeping_time(settings: ClockSettings) -> tuple[Ringing, Recounting, ClosingAnswered]:
    """The jobs that keep due dates, and close what nobody closes."""
    defaults, answering = default_targets(settings), canonical_organisation(settings.answering_organisation)
    return (
        Ringing(defaults, answering, settings.clock_notices),
        Recounting(defaults, answering),
        ClosingAnswered(defaults, answering, settings.close_answered_after_days),
    )


def expecting(settings: ClockSettings) -> Refreshing:
    """The job that keeps what can be expected."""
    return Refreshing(canonical_organisation(settings.answering_organisation))


def _limits(settings: Settings) -> Limits:
    return Limits(settings.persons_per_handler_and_hour, settings.persons_per_case_and_day)


def _attachment_limits(settings: Settings) -> AttachmentLimits:
    return AttachmentLimits(
        file_bytes=settings.attachment_file_bytes,
        files=settings.attachment_files,
        consultation_bytes=settings.attachment_consultation_bytes,
        day_bytes=settings.attachment_day_bytes,
    )


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, made without a database or settings."""
    return openapi.openapi_document(_ROUTERS, _ABOUT)
