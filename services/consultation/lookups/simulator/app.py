"""The simulator as an ASGI application: one contract version at one address, a log of its own, and a switch."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.consultation.lookups.simulator.damage import with_faults
from services.consultation.lookups.simulator.faults import HEADER, Fault, MalformedHeader, allowed, read_header
from services.consultation.lookups.simulator.log import Outcome, RequestLog
from services.consultation.lookups.simulator.outage import FORM, NotAnOutage, Outage
from services.consultation.lookups.simulator.persons import PERSONS, behaviour_of, name_of
from services.consultation.lookups.simulator.question import read_question
from services.consultation.lookups.simulator.sending import Sleep, sent
from services.consultation.lookups.simulator.soap import SimulatedFault, answer, fault, probe_answer
from services.consultation.lookups.sources.ssbtek.contract import ContractVersion
from services.consultation.lookups.sources.ssbtek.rules import MAX_REQUEST_BYTES, operation_of, violations
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, parse

_Handler = Callable[[Request], Awaitable[Response]]


def create_app(*, version: ContractVersion = V10, sleep: Sleep = asyncio.sleep) -> Starlette:
    """Serve `POST /ssbt/{version}`, and what is said of it at `GET /`. `sleep` is what it is late with."""
    simulator = _Simulator(version, sleep)
    routes: list[tuple[str, str, _Handler]] = [
        ("POST", f"/ssbt/{version.label}", simulator.ssbt),
        ("GET", "/", simulator.about),
        ("GET", "/requests", simulator.requests),
        ("DELETE", "/requests", simulator.forget),
        ("POST", "/outage", simulator.switch),
    ]
    return Starlette(routes=[Route(path, handler, methods=[method]) for method, path, handler in routes])


async def respond(body: bytes, sleep: Sleep, *, version: ContractVersion = V10) -> Response:
    """Answer one request as a simulator that has just been started would."""
    return await _Simulator(version, sleep).respond(body, ())


class _Simulator:
    """One version, with what has been asked and what is down."""

    def __init__(self, version: ContractVersion, sleep: Sleep) -> None:
        self._version = version
        self._sleep = sleep
        self._log = RequestLog()
        self._outage = Outage()

    async def about(self, _: Request) -> Response:
        """What this is, and whom it knows."""
        return JSONResponse(
            {
                "simulates": "SSBTEK",
                "version": self._version.label,
                "address": f"/ssbt/{self._version.label}",
                "outage": self._outage.told(),
                "header": {"name": HEADER, **allowed()},
                "persons": [
                    {"name": name, "number": person.number, "description": person.description}
                    for name, person in PERSONS.items()
                ],
            }
        )

    async def requests(self, _: Request) -> Response:
        """What has been asked."""
        return JSONResponse({"requests": self._log.told()})

    async def forget(self, _: Request) -> Response:
        """Empty the log."""
        self._log.clear()
        return Response(status_code=204)

    async def switch(self, request: Request) -> Response:
        """Begin or end an outage."""
        try:
            self._outage.switch(await _body(request))
        except NotAnOutage:
            return JSONResponse({"detail": "not an outage", "allowed": FORM}, 400)
        return JSONResponse(self._outage.told())

    async def ssbt(self, request: Request) -> Response:
        """The contract's address."""
        try:
            faults = read_header(request.headers.getlist(HEADER))
        except MalformedHeader as problem:
            return JSONResponse({"detail": str(problem), "allowed": allowed()}, 400)
        return await self.respond(await _body(request), faults)

    async def respond(self, body: bytes, faults: tuple[Fault, ...]) -> Response:
        """Answer one request; a malformed one gets a fault, generic when the operation is not of this version."""
        version = self._version
        problems = tuple(violations(body, version))
        if problems:
            unknown = problems[0].startswith(("Body", "Envelope", "the document"))
            self._log.add(version.label, None, Outcome.REFUSED, problems=problems)
            return self._fault(SimulatedFault(problems, code=None if unknown else "SSBT-SCHEMA"))
        operation = operation_of(parse(body, max_bytes=MAX_REQUEST_BYTES))
        if operation is None or operation.tag == version.name(version.probe):
            return await self._probe(faults)
        return await self._question(operation, faults)

    async def _probe(self, faults: tuple[Fault, ...]) -> Response:
        whole = _fault_of(faults)
        self._log.add(self._version.label, self._version.probe, self._outcome(whole))
        down = {each.source for each in (*self._outage.faults, *faults) if each.source is not None}
        return await self._send(whole, faults, lambda: probe_answer(self._version, down))

    async def _question(self, operation: Element, faults: tuple[Fault, ...]) -> Response:
        question = read_question(operation, self._version)
        person = behaviour_of(question.person)
        whole = _fault_of(faults) or person.fault
        name = name_of(question.person)
        self._log.add(self._version.label, self._version.question, self._outcome(whole), person=name, question=question)
        if person.delay_seconds:
            faults = (Fault("late", seconds=person.delay_seconds), *faults)
        scripts = with_faults(person.scripts, (*person.faults, *faults, *self._outage.faults))
        return await self._send(whole, faults, lambda: answer(question, scripts))

    def _outcome(self, whole: SimulatedFault | None) -> Outcome:
        if self._outage.whole:
            return Outcome.OUTAGE
        return Outcome.ANSWERED if whole is None else Outcome.FAULT

    async def _send(
        self, whole: SimulatedFault | None, faults: tuple[Fault, ...], body: Callable[[], bytes]
    ) -> Response:
        for each in faults:
            if each.kind == "late" and each.seconds:
                await self._sleep(each.seconds)
        if self._outage.whole:
            return PlainTextResponse("The service is down.\n", 503)
        for each in faults:
            if each.kind == "status":
                return PlainTextResponse("The service does not answer.\n", each.status)
        if whole is not None:
            return self._fault(whole)
        return sent(body(), faults, self._sleep)

    def _fault(self, problem: SimulatedFault) -> Response:
        return Response(fault(problem, self._version), 500, media_type="text/xml")


def _fault_of(faults: Iterable[Fault]) -> SimulatedFault | None:
    for each in faults:
        if each.kind == "fault":
            return SimulatedFault(("Ett fel har uppstått i tjänsten",), code=each.code or "SSBT-1000")
        if each.kind == "generic-fault":
            return SimulatedFault(("Internal Error",))
    return None


async def _body(request: Request) -> bytes:
    """The body, or just more of it than is read."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_REQUEST_BYTES:
            break
    return bytes(body)
