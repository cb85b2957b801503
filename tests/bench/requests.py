"""Requests as bytes, made before they are sent: with a token, and with a fresh proof each where it is bound."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.clock import system_clock
from shared.tokens.client import MachineClient, authorization

HANDLER = "hl-1"


def raw(method: str, path: str, port: int, headers: Mapping[str, str], body: Any = None) -> bytes:
    """One request. `body` is sent as JSON."""
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    sent = {"Host": f"127.0.0.1:{port}", "Accept": "application/json", **headers}
    if body is not None:
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + content


def reads(path: str, port: int, headers: Mapping[str, str]) -> Callable[[int], Sequence[bytes]]:
    """The same GET, as often as asked."""
    return lambda count: [raw("GET", path, port, headers)] * count


def as_client(
    client: MachineClient, method: str, path: str, port: int, body: Any = None, handler: str = HANDLER
) -> bytes:
    """One request as a client of the product sends it, proof and key for this one alone."""
    token = client.token_for(path)
    address = f"http://127.0.0.1:{port}{path}"
    headers = authorization(client.identity, token, method, address, system_clock()) | {"Samrad-Handler": handler}
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid.uuid4())
    return raw(method, path, port, headers, body)
