"""A gateway as it is written first: FastAPI in front, one shared httpx client behind, answers streamed.

No token is looked at, nothing is counted or logged.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_OWN = frozenset(("host", "connection", "content-length", "transfer-encoding"))


def create_app(target: str) -> FastAPI:
    """Forwards everything to `target`."""
    client = httpx.AsyncClient(base_url=target, timeout=30, trust_env=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await client.aclose()

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.api_route("/{path:path}", methods=METHODS)
    async def forward(path: str, request: Request) -> StreamingResponse:
        sent = client.build_request(
            request.method,
            f"/{path}",
            params=request.query_params,
            headers={name: value for name, value in request.headers.items() if name not in _OWN},
            content=await request.body(),
        )
        answer = await client.send(sent, stream=True)
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, answer.headers, background=BackgroundTask(answer.aclose)
        )

    return app
