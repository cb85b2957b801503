"""Who keeps a trail, from the environment."""

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from joserfc.jwk import ECKey

from services.assembly.common import http_client
from services.assembly.environment import CannotStart, read_settings
from services.audit.settings import Settings
from shared.clock import Clock
from shared.database.engine import Database
from shared.sealing.book import Book
from shared.sealing.checkpoints import CheckpointFault, public_key_set, read_public_keys, read_signing_key
from shared.sealing.delivery import MEDIA_TYPE, Post
from shared.sealing.keeping import Keeper

_WEBHOOK_SECONDS = 5


async def make_keeper(stack: AsyncExitStack, trail: str, worker_url: str, clock: Clock) -> Keeper:
    """The keeper of a trail. `worker_url` names the role of background jobs."""
    settings = read_settings(Settings)
    post = None
    if settings.checkpoint_webhook_url:
        post = _post(await stack.enter_async_context(http_client()), settings.checkpoint_webhook_url)
    try:
        key = read_signing_key(settings.checkpoint_key_file)
        settings.checkpoint_directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        _publish(key, settings.checkpoint_directory / f"{settings.origin}.jwks")
    except (CheckpointFault, OSError) as fault:
        raise CannotStart(f"checkpoints cannot be made: {fault}") from None
    database = Database(worker_url, pool_size=2)
    stack.push_async_callback(database.close)
    return Keeper(
        trail=trail,
        database=database,
        book=Book(settings.checkpoint_directory, f"{settings.origin}.{trail}"),
        key=key,
        years=settings.retention_years,
        clock=clock,
        copies=settings.copies,
        post=post,
    )


def _publish(key: ECKey, file: Path) -> None:
    """The public key beside what it signs, with those of earlier keys: what they signed is still to be verified."""
    held = read_public_keys(file) if file.exists() else {}
    if key.thumbprint() not in held:
        draft = file.with_suffix(f".{os.getpid()}.new")
        draft.write_text(public_key_set(*held.values(), key), "utf-8")
        draft.replace(file)


def _post(http: httpx.AsyncClient, url: str) -> Post:
    async def post(line: str) -> None:
        sent = http.stream("POST", url, content=line.encode("ascii"), headers={"Content-Type": MEDIA_TYPE})
        try:
            # The status says all: a body without end is not waited for.
            async with asyncio.timeout(_WEBHOOK_SECONDS), sent as answer:
                accepted = answer.is_success
        except httpx.HTTPError as fault:
            raise OSError("the counterpart cannot be reached") from fault
        if not accepted:
            raise OSError("the counterpart did not accept the checkpoint")

    return post
