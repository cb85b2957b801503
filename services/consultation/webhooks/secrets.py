"""Secrets of subscriptions at rest: sealed, and bound to their place. Shown once, when they are made."""

import uuid

from shared.vault import Vault
from shared.webhooks.signing import new_secret


def make_secret(vault: Vault, subscription_id: uuid.UUID, number: int) -> tuple[str, bytes]:
    """A new secret, and what is stored of it."""
    secret = new_secret()
    return secret, vault.seal(secret.encode(), _purpose(subscription_id, number))


def open_secret(vault: Vault, subscription_id: uuid.UUID, number: int, sealed: bytes) -> str:
    """The secret, for signing. Raises CannotOpen."""
    return vault.open(sealed, _purpose(subscription_id, number)).decode()


def _purpose(subscription_id: uuid.UUID, number: int) -> str:
    return f"webhook secret:{subscription_id}:{number}"
