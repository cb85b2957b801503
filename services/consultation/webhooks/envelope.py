"""The body of a message: a CloudEvent (specification 1.0) in structured JSON, with references and no content.

Whatever is asked about whom, and said by whom, is read over the API, by somebody with a right to it. So nothing needs
to be held back of consultations about persons with protected identity: that one of the organisation's consultations has
been answered says nothing of the person.
"""

import json
from datetime import UTC, datetime
from typing import Any

from services.consultation.webhooks.domain import Told

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
VALIDATION_TYPE = "webhook.validation"
"""The type of the message that asks a receiver whether it wants any."""


def event_body(told: Told, source: str) -> bytes:
    """The event, the same bytes at every attempt. `source` is the address of the API."""
    return _body(
        source,
        str(told.event_id),
        told.event_type,
        told.at,
        {
            "consultationId": str(told.consultation_id),
            "sequence": told.sequence,
            "state": told.state,
            "sample": told.sample,
        },
        subject=str(told.consultation_id),
        # An extension of CloudEvents: the order among the events of one subject.
        sequence=str(told.sequence),
    )


def challenge_body(challenge: str, message_id: str, at: datetime, source: str) -> bytes:
    """The question whether messages are wanted; the answer repeats the challenge."""
    return _body(source, message_id, VALIDATION_TYPE, at, {"challenge": challenge})


def _body(source: str, message_id: str, kind: str, at: datetime, data: dict[str, Any], **more: str) -> bytes:
    event = {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": kind,
        "time": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **more,
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, separators=(",", ":")).encode()
