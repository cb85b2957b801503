"""What the two sides write to each other, at rest: sealed, and bound to its place in its consultation."""

import uuid

from shared.vault import Vault


def seal_message(vault: Vault, consultation_id: uuid.UUID, sequence: int, text: str) -> bytes:
    """The text as ciphertext; moved to another place it does not open."""
    return vault.seal(text.encode(), _purpose(consultation_id, sequence))


def open_message(vault: Vault, consultation_id: uuid.UUID, sequence: int, sealed: bytes) -> str:
    """The text again. Raises CannotOpen."""
    return vault.open(sealed, _purpose(consultation_id, sequence)).decode()


def _purpose(consultation_id: uuid.UUID, sequence: int) -> str:
    return f"message:{consultation_id}:{sequence}"
