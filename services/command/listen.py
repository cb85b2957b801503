"""`./samrad listen`: a receiver of webhooks on this machine, which subscribes, checks signatures and prints."""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from shared.clock import Clock
from shared.tokens.client import MachineClient, TokenRefused
from shared.webhooks.signing import NotSigned, verify

SUBSCRIPTIONS = "/consultation/v1/webhook-subscriptions"
_MOST_BYTES = 64 * 1024
_CONTACT = {"function": "samrad listen", "email": "nobody@samrad.example"}


@dataclass(frozen=True, slots=True)
class ListenRequest:
    """What to listen for, and on which port; 0 is any that is free."""

    event_types: Sequence[str]
    port: int


@dataclass(slots=True)
class _Hook:
    """What the receiver knows. Before it has a secret it believes nobody."""

    clock: Clock
    secrets: list[str] = field(default_factory=list)

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; prints what came."""
        try:
            verify(self.secrets, headers, body, self.clock())
            event = json.loads(body)
            line, answer = _told(event)
        except (NotSigned, ValueError, KeyError, TypeError) as fault:
            print(f"refused: {fault}", file=sys.stderr, flush=True)
            return 401, b""
        print(line, flush=True)
        return 200, json.dumps(answer).encode()


def _told(event: dict[str, Any]) -> tuple[str, dict[str, str]]:
    data = event["data"]
    if event["type"] == "webhook.validation":
        return "validated", {"challenge": str(data["challenge"])}
    mark = " (sample)" if data["sample"] else ""
    said = f"{event['time']} {event['type']} {data['consultationId']} #{data['sequence']} {data['state']}{mark}"
    return said, {}


def listen(client: MachineClient, base_url: str, request: ListenRequest, clock: Clock) -> int:
    """Subscribe, print each event on a line until interrupted, and remove the subscription again.

    Answers the exit code: 1 with the problem on standard error when there can be no subscription.
    """
    hook = _Hook(clock)
    try:
        with _listening(hook, request.port) as (url, done):
            wish = {"url": url, "eventTypes": list(request.event_types), "contact": _CONTACT}
            made = client.request("POST", base_url + SUBSCRIPTIONS, headers=_HANDLER, json=wish)
            if not made.is_success:
                return _complain(made.text)
            subscription = made.json()
            hook.secrets.append(subscription["secret"])
            address = f"{base_url}{SUBSCRIPTIONS}/{subscription['webhookSubscriptionId']}"
            try:
                validated = client.request("POST", f"{address}/validations", headers=_HANDLER)
                if not validated.is_success:
                    return _complain(validated.text)
                print(f"listening {url} {subscription['webhookSubscriptionId']}", flush=True)
                done.wait()
            finally:
                client.request("DELETE", address, headers=_HANDLER)
    except TokenRefused as fault:
        return _complain(f"no token: {fault.error}. Does the client have the scope samrad:webhooks.manage?")
    except (httpx.HTTPError, OSError) as fault:
        return _complain(f"cannot listen, or no answer from {base_url} ({type(fault).__name__}). Is it running?")
    return 0


_HANDLER = {"Samrad-Handler": "samrad-listen"}


@contextmanager
def _listening(hook: _Hook, port: int) -> Iterator[tuple[str, threading.Event]]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            if not length.isascii() or not length.isdigit() or int(length) > _MOST_BYTES:
                self.send_error(413)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = hook.take(headers, self.rfile.read(int(length)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", threading.Event()
    finally:
        server.shutdown()
        server.server_close()


def _complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
