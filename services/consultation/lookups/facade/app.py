"""The facade over HTTP: one address for questions, and our WSDL beside it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date

from asyncpg import InterfaceError, PostgresError
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.consultation.clocks.zone import SWEDEN
from services.consultation.lookups.ask import ask
from services.consultation.lookups.asking import AskDependencies
from services.consultation.lookups.domain import Lookup
from services.consultation.lookups.facade.admission import admit
from services.consultation.lookups.facade.answer import Writers, write_answer, write_probe_answer
from services.consultation.lookups.facade.clients import RegisteredClient, RegisteredClients
from services.consultation.lookups.facade.documents import contract_documents
from services.consultation.lookups.facade.faults import contract_fault, generic_fault
from services.consultation.lookups.facade.left_out import left_out
from services.consultation.lookups.facade.message import (
    MAX_REQUEST_BYTES,
    MEDIA_TYPE,
    check_contract,
    check_media_type,
    in_envelope,
    read_operation,
    written,
)
from services.consultation.lookups.facade.probe import Probe
from services.consultation.lookups.facade.question import (
    ContractQuestion,
    as_lookup,
    purpose_of,
    read_contract_question,
)
from services.consultation.lookups.facade.repository import purpose_texts
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.xml import Element, local_name
from services.consultation.lookups.warnings import warnings_about
from services.consultation.persons.vault import mark_person
from services.consultation.problems import ASKER_NOT_OWN
from services.consultation.scopes import LOOKUPS_CREATE
from services.consultation.tenants.repository import certificate_of
from shared.database.engine import Tenancy
from shared.housekeeping import repeating
from shared.http.audit_trail import AuditTrail, record_refusal
from shared.http.bodies import read_limited
from shared.http.guard import App, Guard
from shared.http.service import PROBLEM_TYPE_BASE, as_problem, problem_response
from shared.metrics import REGISTRY
from shared.problems import METHOD_NOT_ALLOWED, SCOPE_MISSING, UNAVAILABLE, Problem
from shared.tokens.caller import Caller, Disclosing
from shared.tokens.jose import InvalidToken
from shared.tokens.organisations import canonical_organisation

PATH = "/ssbt/10"

_OUTAGES = (DBAPIError, PostgresError, InterfaceError, PoolTimeout, OSError)
_FAULTS = Counter("samrad_facade_faults", "Faults that the facade has answered, by code", ("code",), registry=REGISTRY)
_log = logging.getLogger("facade")


@dataclass(frozen=True, slots=True)
class FacadeDependencies:
    """What the facade needs of the world. `address` is where clients reach it, with its path."""

    asking: AskDependencies
    clients: RegisteredClients
    disclosing: Disclosing
    trail: AuditTrail
    probe: Probe
    writers: Writers
    version: ContractVersion
    address: str


class Facade:
    """Answers the two operations of the contract."""

    def __init__(self, needs: FacadeDependencies) -> None:
        self._needs = needs
        self._documents = contract_documents(needs.address)

    async def get(self, request: Request) -> Response:
        """The WSDL and its schemas; everything else is asked with POST."""
        document = self._documents.get(request.url.query)
        if document is None:
            return problem_response(request, Problem(METHOD_NOT_ALLOWED, headers={"Allow": "POST"}))
        return Response(document, media_type=MEDIA_TYPE)

    async def post(self, request: Request) -> Response:
        """One operation, answered or refused with a fault. Nothing is raised."""
        detail: str | None = None
        try:
            caller, client = admit(request, self._needs.clients, self._today())
            check_media_type(request.headers.get("content-type", ""))
            body = await read_limited(request, MAX_REQUEST_BYTES)
            operation = read_operation(body)
            detail = self._detail(operation)
            check_contract(operation, self._needs.version)
            if LOOKUPS_CREATE.name not in caller.scopes:
                raise Problem(SCOPE_MISSING, members={"requiredScope": LOOKUPS_CREATE.name})
            answer = await self._answered(request, caller, client, operation)
            return Response(answer, media_type=MEDIA_TYPE)
        except Exception as fault:
            # Everything: the contract has one shape for what goes wrong. What nobody expected is logged on the way.
            return await self._refused(request, as_problem(fault), detail)

    def _today(self) -> date:
        return self._needs.asking.clock().astimezone(SWEDEN).date()

    def _detail(self, operation: Element) -> str | None:
        """What faults about the operation are named in the contract; None for one that is not in it."""
        version = self._needs.version
        named = {version.question: version.fault, version.probe: version.probe_fault}
        return next((fault for name, fault in named.items() if operation.tag == version.name(name)), None)

    async def _answered(self, request: Request, caller: Caller, client: RegisteredClient, operation: Element) -> bytes:
        version = self._needs.version
        if local_name(operation) == version.probe:
            return await self._tested(caller)
        await self._needs.disclosing.require()
        return await self._looked_up(request, caller, client, operation)

    async def _tested(self, caller: Caller) -> bytes:
        async with self._needs.asking.database.begin(Tenancy(caller.organisation)) as connection:
            certificate = await certificate_of(connection, caller.organisation)
        probed = await self._needs.probe.look(certificate)
        return written(in_envelope(write_probe_answer(probed, self._needs.version)))

    async def _looked_up(self, request: Request, caller: Caller, client: RegisteredClient, operation: Element) -> bytes:
        asking, state = self._needs.asking, request.scope["state"]
        question = read_contract_question(operation)
        caller = state["caller"] = replace(caller, actor=question.handler)
        state["audit"] = {
            "subject": mark_person(asking.vault, question.person),
            "detail": {"caseReference": question.case_reference},
        }
        if _organisation(question) != caller.organisation:
            raise Problem(ASKER_NOT_OWN)
        today = self._today()
        async with asking.database.begin(Tenancy(caller.organisation)) as connection:
            texts = await purpose_texts(connection, caller.organisation, today)
        purpose = purpose_of(question.purpose_text, texts, client.purpose)
        state["audit"]["detail"]["purpose"] = purpose
        answer: list[bytes] = []

        async def before(_: AsyncConnection) -> None:
            """The contract has no key by which a question could be told from its repetition."""

        async def after(_: AsyncConnection, lookup: Lookup) -> None:
            told = write_answer(lookup, question, operation, self._needs.writers, self._needs.version)
            answer.append(written(in_envelope(told, left_out(lookup))))

        lookup = await ask(
            asking,
            caller,
            as_lookup(question, purpose, today),
            before=before,
            after=after,
            stated_law=question.legal_text,
        )
        _log_warnings(lookup, caller)
        return answer[0]

    async def _refused(self, request: Request, problem: Problem, detail: str | None) -> Response:
        """The fault, recorded first as every refusal is. What can't be recorded is not told."""
        try:
            await record_refusal(request, request.scope["state"]["caller"], problem)
        except _OUTAGES:
            problem = Problem(UNAVAILABLE, headers={"Retry-After": "5"})
        _FAULTS.labels(problem.kind.code).inc()
        told = generic_fault(problem) if detail is None else contract_fault(problem, detail, self._needs.version)
        # SOAP 1.1 section 6.2: a fault is always 500.
        return Response(told, 500, headers=problem.headers, media_type=MEDIA_TYPE)


def create_facade(needs: FacadeDependencies, *, beside: Callable[[], Awaitable[None]], every_seconds: float) -> App:
    """The facade as an ASGI application, to be served where clients are known by certificate.

    `beside` is called every so often while it serves.
    """
    facade = Facade(needs)

    async def dispatch(request: Request) -> Response:
        return await (facade.post(request) if request.method == "POST" else facade.get(request))

    async def elsewhere(request: Request, fault: Exception) -> Response:
        return problem_response(request, as_problem(fault))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with repeating(beside, every_seconds=every_seconds):
            yield

    app = Starlette(
        routes=[Route(PATH, dispatch, methods=["GET", "POST"])],
        exception_handlers={HTTPException: elsewhere},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.audit_trail = needs.trail
    return Guard(app, type_base=PROBLEM_TYPE_BASE, service="facade", secured=True)


def _organisation(question: ContractQuestion) -> str | None:
    stated = question.asker.organisation_number
    try:
        return canonical_organisation(stated[2:]) if stated.startswith("16") else None
    except InvalidToken:
        return None


def _log_warnings(lookup: Lookup, caller: Caller) -> None:
    # The contract has no place to tell the caller, so whoever runs the case system is told by us.
    codes = sorted({warned.code for warned, _ in warnings_about(lookup.decision)})
    if codes:
        _log.info("the law that is stated needs a look", extra={"codes": codes, "client": caller.client_id})
