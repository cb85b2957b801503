"""`./samrad trigger`: a sample event to a subscription of one's own."""

import json
import sys
from dataclasses import dataclass

import httpx

from services.command.listen import SUBSCRIPTIONS
from shared.tokens.client import MachineClient, TokenRefused

_HANDLER = {"Samrad-Handler": "samrad-trigger"}


@dataclass(frozen=True, slots=True)
class TriggerRequest:
    """The type of event, and the subscription; None is the newest that is active."""

    event_type: str
    subscription: str | None


def trigger(client: MachineClient, base_url: str, request: TriggerRequest) -> int:
    """Send it; answers the exit code, 1 with the problem on standard error."""
    try:
        chosen = request.subscription or _newest_active(client, base_url)
        if chosen is None:
            return _complain("no active subscription; make one, or run ./samrad listen beside this")
        address = f"{base_url}{SUBSCRIPTIONS}/{chosen}/samples"
        sent = client.request("POST", address, headers=_HANDLER, json={"eventType": request.event_type})
    except TokenRefused as fault:
        return _complain(f"no token: {fault.error}. Does the client have the scope samrad:webhooks.manage?")
    except httpx.HTTPError as fault:
        return _complain(f"no answer from {base_url} ({type(fault).__name__}). Is it running? Try: make run")
    if not sent.is_success:
        return _complain(json.dumps(sent.json(), ensure_ascii=False, indent=2))
    print(f"queued {sent.json()['webhookDeliveryId']}")
    return 0


def _newest_active(client: MachineClient, base_url: str) -> str | None:
    answer = client.request("GET", base_url + SUBSCRIPTIONS, headers=_HANDLER)
    held = answer.json().get("webhookSubscriptions", ())
    return next((str(each["webhookSubscriptionId"]) for each in held if each["state"] == "active"), None)


def _complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
