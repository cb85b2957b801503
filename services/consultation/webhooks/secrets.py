"""Secrets of subscriptions at rest: sealed, and bound to their place. Shown once, when they are made."""

import logging
import uuid
from collections.abc import Iterable

from shared.vault import CannotOpen, Vault
from shared.webhooks.signing import new_secret

_log = logging.getLogger("webhooks")


def make_secret(vault: Vault, subscription_id: uuid.UUID, number: int) -> tuple[str, bytes]:
    """A new secret, and what is stored of it."""
    secret = new_secret()
    return secret, vault.seal(secret.encode(), _purpose(subscription_id, number))


def open_secrets(vault: Vault, subscription_id: uuid.UUID, held: Iterable[tuple[int, bytes]]) -> tuple[str, ...]:
    """The secrets, for signing. `held` has number and sealed secret of each.

    One that does not open is left out: other subscribers must not wait for it.
    """
    opened = []
    for number, sealed in held:
        try:
            opened.append(vault.open(sealed, _purpose(subscription_id, number)).decode())
        except CannotOpen:
            told = {"subscription": str(subscription_id), "number": number}
            _log.error("the secret of a subscription does not open with our key", extra=told)
    return tuple(opened)


def _purpose(subscription_id: uuid.UUID, number: int) -> str:
    return f"webhook secret:{subscription_id}:{number}"
