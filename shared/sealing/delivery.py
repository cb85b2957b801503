"""Hands checkpoints on: to further directories, and to whoever keeps watch with us. From the last that arrived.

That a copy can't be handed on is said and counted, and stops nothing: the counterpart's outage must not be ours.
"""

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from prometheus_client import Counter

from shared.metrics import REGISTRY
from shared.sealing.book import Book

MEDIA_TYPE = "application/jose"
AT_ONCE = 100
"""Checkpoints sent in one turn at most."""

Post = Callable[[str], Awaitable[None]]
"""Sends one checkpoint. Raises OSError when it has not been received."""

_log = logging.getLogger("sealing")
_FAILURES = Counter(
    "samrad_audit_checkpoint_copies_failed",
    "Turns in which checkpoints could not be handed on",
    ["trail", "to"],
    registry=REGISTRY,
)


async def deliver(trail: str, book: Book, copies: list[Path], post: Post | None) -> int:
    """Bring every copy up to date; answers how many checkpoints were handed on."""
    handed_on = 0
    for copy in copies:
        try:
            handed_on += await asyncio.to_thread(_copy, book, Book(copy, book.origin))
        except OSError:
            _fail(trail, "directory")
    if post is not None:
        try:
            handed_on += await _send(book, post)
        except OSError:
            _fail(trail, "webhook")
    return handed_on


def _fail(trail: str, to: str) -> None:
    _FAILURES.labels(trail, to).inc()
    _log.warning("checkpoints not handed on", extra={"trail": trail, "to": to})


def _copy(book: Book, copy: Book) -> int:
    missing = book.after(copy.newest())
    if missing:
        copy.append(missing)
    return len(missing)


async def _send(book: Book, post: Post) -> int:
    state = book.path.with_suffix(".delivered")
    with suppress(BlockingIOError), _alone(state.with_suffix(".lock")):
        waiting = await asyncio.to_thread(book.after, _delivered(state))
        for line in waiting[:AT_ONCE]:
            await post(line)
            await asyncio.to_thread(_remember, state, line)
        return len(waiting[:AT_ONCE])
    return 0


class _alone:  # noqa: N801 - reads as a word
    """Holds a lock file for the block. Raises BlockingIOError while another process delivers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _delivered(state: Path) -> str | None:
    try:
        return str(json.loads(state.read_text("utf-8"))["delivered"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _remember(state: Path, line: str) -> None:
    draft = state.with_suffix(".new")
    draft.write_text(json.dumps({"delivered": line}), "utf-8")
    draft.replace(state)
