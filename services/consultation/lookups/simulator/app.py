"""The simulator as an ASGI application: one address per contract version."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.consultation.lookups.simulator.persons import behaviour_of
from services.consultation.lookups.simulator.question import read_question
from services.consultation.lookups.simulator.soap import SimulatedFault, answer, fault, probe_answer
from services.consultation.lookups.sources.ssbtek.rules import MAX_REQUEST_BYTES, operation_of, violations
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import parse

Sleep = Callable[[float], Awaitable[None]]


def create_app(*, sleep: Sleep = asyncio.sleep) -> Starlette:
    """Serve `POST /ssbt/10`. `sleep` is what slow persons wait with."""

    async def ssbt(request: Request) -> Response:
        return await respond(await request.body(), sleep)

    return Starlette(routes=[Route(f"/ssbt/{V10.label}", ssbt, methods=["POST"])])


async def respond(body: bytes, sleep: Sleep) -> Response:
    """Answer one request; a malformed one gets a fault, generic when the operation is not of this version."""
    problems = violations(body, V10)
    if problems:
        unknown = problems[0].startswith(("Body", "Envelope", "the document"))
        return _fault(SimulatedFault(tuple(problems), code=None if unknown else "SSBT-SCHEMA"))
    operation = operation_of(parse(body, max_bytes=MAX_REQUEST_BYTES))
    if operation is None or operation.tag == V10.name(V10.probe):
        return _xml(probe_answer(V10))
    question = read_question(operation, V10)
    behaviour = behaviour_of(question.person)
    if behaviour.delay_seconds:
        await sleep(behaviour.delay_seconds)
    if behaviour.fault is not None:
        return _fault(behaviour.fault)
    return _xml(answer(question, behaviour.scripts))


def _fault(problem: SimulatedFault) -> Response:
    return _xml(fault(problem, V10), status=500)


def _xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="text/xml")
