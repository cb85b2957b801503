"""Kept answers in the database: sealed, bound to their look-up, and out of reach from the moment they expire.

They are kept as the purpose limits them and before protection of the person is applied, which is decided anew each
time something is told. When they expire is set once: completing does not make what was read before stay longer.
"""

import uuid
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.lookups.kept.codec import CannotRead, KeptAnswers, decode, encode
from shared.vault import CannotOpen, Vault

_KEEP = text(
    "INSERT INTO kept_lookup (org, lookup_id, sealed, expires_at) VALUES (:org, :lookup_id, :sealed, :expires_at)"
)
_READ = text("SELECT sealed FROM kept_lookup WHERE org = :org AND lookup_id = :lookup_id AND expires_at > :now")
_REPLACE = text("UPDATE kept_lookup SET sealed = :sealed WHERE org = :org AND lookup_id = :lookup_id")
_REMOVE = text("DELETE FROM kept_lookup WHERE org = :org AND lookup_id = :lookup_id")
_FORGET = text("DELETE FROM kept_lookup WHERE expires_at <= :now")


async def keep(
    connection: AsyncConnection,
    vault: Vault,
    organisation: str,
    lookup_id: uuid.UUID,
    answers: KeptAnswers,
    expires_at: datetime,
) -> None:
    """Keep the answers of a look-up in which something failed."""
    values = {"org": organisation, "lookup_id": lookup_id, "sealed": _seal(vault, lookup_id, answers)}
    await connection.execute(_KEEP, {**values, "expires_at": expires_at})


async def find(
    connection: AsyncConnection, vault: Vault, organisation: str, lookup_id: uuid.UUID, now: datetime
) -> KeptAnswers | None:
    """The kept answers; None when there are none that may still be told, or none that this version can read."""
    values = {"org": organisation, "lookup_id": lookup_id, "now": now}
    sealed: bytes | None = (await connection.execute(_READ, values)).scalar_one_or_none()
    if sealed is None:
        return None
    try:
        return decode(vault.open(sealed, _purpose(lookup_id)))
    except (CannotOpen, CannotRead):
        return None


async def replace_kept(
    connection: AsyncConnection, vault: Vault, organisation: str, lookup_id: uuid.UUID, answers: KeptAnswers
) -> None:
    """Other answers in their place, for what is left of their time."""
    values = {"org": organisation, "lookup_id": lookup_id, "sealed": _seal(vault, lookup_id, answers)}
    await connection.execute(_REPLACE, values)


async def remove(connection: AsyncConnection, organisation: str, lookup_id: uuid.UUID) -> None:
    """Nothing is left to be asked, so nothing needs to be kept."""
    await connection.execute(_REMOVE, {"org": organisation, "lookup_id": lookup_id})


async def forget_expired(connection: AsyncConnection, now: datetime) -> int:
    """Remove what has expired, whoever it belongs to; answers how much.

    For the role of background jobs, whose policies let it.
    """
    return (await connection.execute(_FORGET, {"now": now})).rowcount


def _seal(vault: Vault, lookup_id: uuid.UUID, answers: KeptAnswers) -> bytes:
    return vault.seal(encode(answers), _purpose(lookup_id))


def _purpose(lookup_id: uuid.UUID) -> str:
    # Moved to another look-up it does not open.
    return f"kept-lookup:{lookup_id}"
