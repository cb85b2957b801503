"""One effect for a request that is sent twice (`Idempotency-Key`).

The key and the request are kept as hashes, the answer sealed and for an hour, in the same transaction as
the effect. Another request under the same key is refused.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from shared.problems import (
    BAD_REQUEST,
    IDEMPOTENCY_IN_PROGRESS,
    IDEMPOTENCY_KEY_REUSED,
    KEPT_ANSWER_LOST,
    Problem,
    Words,
)
from shared.tokens.caller import Caller
from shared.vault import CannotOpen, Vault

KEPT = timedelta(minutes=60)
ABANDONED = timedelta(seconds=60)
_SEAL = "idempotency"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The hashes of one request that carries a key. `None` in its place means that it carries none."""

    key_hash: bytes
    request_hash: bytes


async def attempted(request: Request) -> Attempt | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255:
        raise Problem(BAD_REQUEST, Words("Idempotency-Key är 1-255 tecken", "Idempotency-Key is 1-255 characters"))
    body: bytes = request.scope["state"].get("body", b"")
    caller: Caller | None = request.scope["state"].get("caller")
    told = [
        request.method.encode(),
        request.scope["path"].encode(),
        request.headers.get("if-match", "").encode(),
        ((caller and caller.actor) or "").encode(),
        body,
    ]
    return Attempt(_digest(key.encode()), _digest(b"\0".join(told)))


OnceOnly = Annotated[Attempt | None, Depends(attempted)]
"""The attempt of this request. Name it last in a signature: it hashes the caller and the body found before."""


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


_CLAIM = text(
    """
    INSERT INTO idempotency_record (org, client_id, key_hash, request_hash, started_at, expires_at)
    VALUES (:org, :client_id, :key_hash, :request_hash, :now, :expires)
    ON CONFLICT (org, client_id, key_hash) DO UPDATE
       SET request_hash = excluded.request_hash, started_at = excluded.started_at,
           expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
     WHERE idempotency_record.expires_at <= :now
    RETURNING 1
    """
)
_FORGET = text("DELETE FROM idempotency_record WHERE expires_at <= :now")
_CLAIM_WAITING = text(
    """
    INSERT INTO idempotency_record (org, client_id, key_hash, request_hash, started_at, expires_at)
    VALUES (:org, :client_id, :key_hash, :request_hash, :now, :expires)
    ON CONFLICT (org, client_id, key_hash) DO UPDATE
       SET request_hash = excluded.request_hash, started_at = excluded.started_at,
           expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
     WHERE idempotency_record.expires_at <= :now
        OR (idempotency_record.status IS NULL AND idempotency_record.started_at <= :abandoned)
    RETURNING 1
    """
)
_READ = text(
    """
    SELECT request_hash, status, headers, body, started_at, expires_at FROM idempotency_record
    WHERE org = :org AND client_id = :client_id AND key_hash = :key_hash
    """
)
_KEEP = text(
    """
    UPDATE idempotency_record SET status = :status, headers = :headers, body = :body
    WHERE org = :org AND client_id = :client_id AND key_hash = :key_hash
    """
)
_GIVE_UP = text(
    """
    UPDATE idempotency_record SET expires_at = :now
    WHERE org = :org AND client_id = :client_id AND key_hash = :key_hash AND status IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is needed to keep answers: the vault that seals them."""

    vault: Vault

    async def once(
        self,
        connection: AsyncConnection,
        caller: Caller,
        attempt: Attempt | None,
        now: datetime,
        effect: Callable[[], Awaitable[Response]],
    ) -> Response:
        """The answer of `effect`, or the kept one when the request has been carried out before.

        A concurrent twin waits on the unique index until the first has committed.
        Raises Problem when the key has been used for another request.
        """
        if attempt is None:
            return await effect()
        if not await claim(connection, caller, attempt, now):
            return self.replayed(await read(connection, caller, attempt), attempt)
        response = await effect()
        await self.keep(connection, caller, attempt, response)
        return response

    async def waiting(
        self, connection: AsyncConnection, caller: Caller, attempt: Attempt, now: datetime
    ) -> Response | None:
        """For an effect that spans two transactions: its kept answer, or None when it has yet to be carried out.

        Raises Problem while the first request is still under way, and when the key belongs to another.
        """
        kept = (await connection.execute(_READ, _key(caller, attempt))).one_or_none()
        if kept is None or kept.expires_at <= now:
            return None
        if kept.request_hash != attempt.request_hash:
            raise Problem(IDEMPOTENCY_KEY_REUSED)
        if kept.status is not None:
            return self.replayed(kept, attempt)
        if kept.started_at > now - ABANDONED:
            raise Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "5"})
        return None

    async def keep(self, connection: AsyncConnection, caller: Caller, attempt: Attempt, response: Response) -> None:
        """Keep the answer, sealed."""
        values = {**_key(caller, attempt), **self.kept(response)}
        await connection.execute(_KEEP, values)

    def kept(self, response: Response) -> dict[str, Any]:
        """Status, headers and sealed body as they are stored."""
        names = ("location", "etag", "content-type")
        headers = {name: response.headers[name] for name in names if name in response.headers}
        return {
            "status": response.status_code,
            "headers": json.dumps(headers),
            "body": self.vault.seal(bytes(response.body), _SEAL),
        }

    def replayed(self, kept: Row[Any], attempt: Attempt) -> Response:
        """The kept answer. Raises Problem when it belongs to another request, or does not open any more."""
        if kept.request_hash != attempt.request_hash:
            raise Problem(IDEMPOTENCY_KEY_REUSED)
        headers: Mapping[str, str] = kept.headers if isinstance(kept.headers, dict) else json.loads(kept.headers)
        try:
            body = self.vault.open(kept.body, _SEAL)
        except CannotOpen:
            # The key that sealed it has been replaced within the hour.
            raise Problem(KEPT_ANSWER_LOST) from None
        return Response(body, status_code=kept.status, headers={**headers, "Idempotent-Replayed": "true"})


async def claim(connection: AsyncConnection, caller: Caller, attempt: Attempt, now: datetime) -> bool:
    """Whether this is the first time."""
    values = {
        **_key(caller, attempt),
        "request_hash": attempt.request_hash,
        "now": now,
        "expires": now + KEPT,
    }
    return (await connection.execute(_CLAIM, values)).scalar() is not None


async def forget_expired(connection: AsyncConnection, now: datetime) -> int:
    """Remove every kept answer whose hour is over, of every organisation; answers how many.

    For the role of background jobs, whose policies let it (`ddl.idempotency_forgotten_by`).
    """
    return (await connection.execute(_FORGET, {"now": now})).rowcount


async def claim_waiting(connection: AsyncConnection, caller: Caller, attempt: Attempt, now: datetime) -> None:
    """Take the key for an effect that spans two transactions.

    An attempt that was never finished is taken over after a minute, longer than any request lives.
    Raises Problem when a twin was faster.
    """
    times = {"now": now, "expires": now + KEPT, "abandoned": now - ABANDONED}
    values = {**_key(caller, attempt), "request_hash": attempt.request_hash, **times}
    if (await connection.execute(_CLAIM_WAITING, values)).scalar() is None:
        raise Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "5"})


async def give_up_kept(connection: AsyncConnection, caller: Caller, attempt: Attempt, now: datetime) -> None:
    """Let a kept answer expire that can't be told any more. An attempt that is under way is left alone."""
    await connection.execute(_GIVE_UP, {**_key(caller, attempt), "now": now})


async def read(connection: AsyncConnection, caller: Caller, attempt: Attempt) -> Row[Any]:
    """The record of an attempt that has been made. Raises Problem in the rare case that its hour has just ended."""
    kept = (await connection.execute(_READ, _key(caller, attempt))).one_or_none()
    if kept is None:
        raise Problem(IDEMPOTENCY_IN_PROGRESS, headers={"Retry-After": "1"})
    return kept


def _key(caller: Caller, attempt: Attempt) -> dict[str, Any]:
    return {"org": caller.organisation, "client_id": caller.client_id, "key_hash": attempt.key_hash}
