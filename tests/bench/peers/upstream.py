"""A service that costs next to nothing: it answers every request with the same kilobyte."""

import json

from shared.http.guard import App, Receive, Scope, Send

SIZE = 1024
_FRAME = len(json.dumps({"filling": ""}))
BODY = json.dumps({"filling": "x" * (SIZE - _FRAME)}).encode()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


def create_app(_: str) -> App:
    """It has nothing behind it."""
    return _upstream


async def _upstream(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
