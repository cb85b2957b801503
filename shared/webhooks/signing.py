"""Signatures of Standard Webhooks (specification 1.0): HMAC-SHA-256 over id, time and body.

`webhook-signature` holds one for each secret that is in force, so that a receiver can change its own at leisure.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)
"""How far the time of a message may lie from the receiver's own, by the specification's libraries."""

_PREFIX = "whsec_"
_SECRET_BYTES = 32  # of 24 to 64 that the specification allows
_VERSION = "v1"


class NotSigned(Exception):
    """The message was not signed with any of the secrets, or not lately. The text says which."""


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(held: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message, with a signature for each secret. Raises ValueError for what is no secret."""
    seconds = str(int(at.timestamp()))
    signatures = (f"{_VERSION},{_signature(secret, message_id, seconds, body)}" for secret in held)
    return {ID: message_id, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def verify(held: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """That the message was signed with one of the secrets, within the tolerance. Raises NotSigned.

    `headers` by their names in lower case.
    """
    try:
        message_id, seconds, given = (headers[name] for name in (ID, TIMESTAMP, SIGNATURE))
        apart = abs(now.timestamp() - int(seconds))
    except (KeyError, ValueError):
        raise NotSigned("a header of the signature is missing or unfit") from None
    if apart > TOLERANCE.total_seconds():
        raise NotSigned("the message is not of now")
    wanted = [_signature(secret, message_id, seconds, body) for secret in held]
    for each in given.split():
        version, _, signature = each.partition(",")
        if version == _VERSION and any(hmac.compare_digest(signature.encode(), one.encode()) for one in wanted):
            return
    raise NotSigned("no signature is by a secret that is held")


def _signature(secret: str, message_id: str, seconds: str, body: bytes) -> str:
    if not secret.startswith(_PREFIX):
        raise ValueError("a secret begins with whsec_")
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    made = hmac.new(key, b".".join((message_id.encode(), seconds.encode(), body)), hashlib.sha256)
    return base64.b64encode(made.digest()).decode()
