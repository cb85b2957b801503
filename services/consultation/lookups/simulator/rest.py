"""REST sources, simulated: `POST /af/v1/answers` and the like, with the persons of the SSBTEK simulator.

What a source answers in `data` there, it answers here as JSON with the same names. A source that fails there is 503
here, one that is late keeps the caller waiting, and one that is absent is 404, which proves nothing.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.consultation.lookups.simulator.app import Sleep
from services.consultation.lookups.simulator.json_answer import as_json
from services.consultation.lookups.simulator.persons import behaviour_of
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.simulator.rest_issuer import TOKEN_PATH, Refused, SimulatedIssuer
from services.consultation.lookups.sources.domain import Period, SourceCode
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, children

LATE_SECONDS = 60.0
"""How long a source that is late keeps its caller waiting."""

_BY_PATH = {code.value.lower(): code for code in SourceCode}


def create_app(issuer: SimulatedIssuer, *, sleep: Sleep = asyncio.sleep) -> Starlette:
    """Serve the token endpoint, and an address for each of the seven sources."""

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            return JSONResponse(await issuer.issue(form, request.headers.get("dpop")))
        except Refused as refused:
            return JSONResponse({"error": refused.error}, 401 if refused.error == "invalid_client" else 400)

    async def answers(request: Request) -> Response:
        code = _BY_PATH.get(request.path_params["source"])
        if code is None:
            return _problem(404, "Not found")
        headers = request.headers
        try:
            await issuer.admit(headers.get("authorization", ""), headers.get("dpop"), request.url.path)
        except Refused as refused:
            return _problem(401, "Unauthorized", headers={"www-authenticate": f'DPoP error="{refused.error}"'})
        try:
            question = _question(json.loads(await request.body()), code)
        except (ValueError, KeyError, TypeError):
            return _problem(400, "Bad request")
        return await _answer(question, code, sleep)

    return Starlette(
        routes=[
            Route(TOKEN_PATH, token, methods=["POST"]),
            Route("/{source}/v1/answers", answers, methods=["POST"]),
        ]
    )


async def _answer(question: Question, code: SourceCode, sleep: Sleep) -> Response:
    behaviour = behaviour_of(question.person)
    if behaviour.delay_seconds:
        await sleep(behaviour.delay_seconds)
    if behaviour.fault is not None:
        return _problem(503, *behaviour.fault.messages)
    content = behaviour.scripts[code](question)
    if content is None:
        return _problem(404, "Not found")
    if content.tag == V10.name("error"):
        return await _failure(content, sleep)
    return JSONResponse(as_json(content))


async def _failure(error: Element, sleep: Sleep) -> Response:
    texts = {name: [each.text or "" for each in found] for name, found in children(error).items()}
    if texts["kalla"] == ["SSBT"]:
        await sleep(LATE_SECONDS)
    return _problem(503, *texts["felmeddelande"])


def _problem(status: int, title: str, *details: str, headers: Mapping[str, str] | None = None) -> Response:
    content = {"title": title, "status": status, **({"detail": " ".join(details)} if details else {})}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def _question(body: Any, code: SourceCode) -> Question:
    period = Period(date.fromisoformat(body["period"]["from"]), date.fromisoformat(body["period"]["to"]))
    return Question(
        version=V10,
        person=str(body["person"]),
        organisation_number=str(body["asker"]["organisationNumber"]),
        organisation_name=str(body["asker"]["name"]),
        handler=str(body["handler"]),
        case_reference=str(body["caseReference"]),
        purpose=str(body["purpose"]),
        legal_text=str(body["legalText"]),
        correlation_id=str(body["correlationId"]),
        asked_at=str(body["askedAt"]),
        periods={code: period},
    )
