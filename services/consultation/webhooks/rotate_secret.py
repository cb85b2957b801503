"""Rotate a secret: the new one signs at once, and the one before it beside it until the overlap is over."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.consultation.webhooks import entries, repository
from services.consultation.webhooks.repository import Own
from services.consultation.webhooks.secrets import make_secret
from shared.audit import record
from shared.problems import NOT_FOUND, Problem
from shared.tokens.caller import Caller
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new secret, which is never told again, and which one it is."""

    number: int
    secret: str


async def rotate_secret(
    connection: AsyncConnection, caller: Caller, own: Own, vault: Vault, overlap: timedelta
) -> Rotated:
    """Make another secret. An `overlap` of nothing ends the ones before at once, when one has leaked. Raises Problem
    404.
    """
    if await repository.lock(connection, own) is None:
        raise Problem(NOT_FOUND)
    number = await repository.next_secret_number(connection, own)
    secret, sealed = make_secret(vault, own.id, number)
    await repository.add_secret(connection, own, number, sealed, overlap)
    await record(connection, entries.secret_made(caller, own.id, own.now, number))
    return Rotated(number, secret)
