"""`./samrad call`: one request as a demo client, with token and proof made on the way."""

import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.tokens.client import MachineClient, TokenRefused

_NO_SCOPE = "Does the client have a scope for this path?"
_TOKEN_HINTS = {"invalid_grant": "Has the organisation delegated all of it to the client's, and not withdrawn it?"}


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What to send. `data` is JSON, or `@` and the name of a file that holds it."""

    method: str
    path: str
    data: str | None
    headers: dict[str, str]


def call(client: MachineClient, base_url: str, request: CallRequest) -> int:
    """Send it, print the answer, and answer the exit code: 0, or 1 with the problem on standard error."""
    try:
        body = _body(request.data)
        answer = client.request(request.method, base_url + request.path, headers=_headers(request, body), content=body)
    except TokenRefused as fault:
        return _complain(f"no token: {fault.error}. {_TOKEN_HINTS.get(fault.error, _NO_SCOPE)}")
    except OSError as fault:
        return _complain(f"cannot read {fault.filename}")
    except httpx.HTTPError as fault:
        return _complain(f"no answer from {base_url} ({type(fault).__name__}). Is it running? Try: make run")
    text = _pretty(answer)
    if answer.is_success:
        print(text)
        return 0
    return _complain(text)


def _body(data: str | None) -> bytes | None:
    if data is None:
        return None
    return Path(data[1:]).read_bytes() if data.startswith("@") else data.encode()


def _headers(request: CallRequest, body: bytes | None) -> dict[str, str]:
    own: dict[str, str] = {"Accept-Language": "en"}
    if body is not None:
        own["Content-Type"] = "application/json"
    if request.method == "POST":
        own["Idempotency-Key"] = str(uuid.uuid4())
    return {**own, **request.headers}


def _pretty(answer: httpx.Response) -> str:
    try:
        return json.dumps(answer.json(), ensure_ascii=False, indent=2)
    except ValueError:
        return answer.text


def _complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
