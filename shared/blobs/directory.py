"""Contents as files of a directory, for one machine or a file system that several share.

    drafts/<key>        what is being written
    kept/<ab>/<key>     what has been kept, by the first byte of its key
    store               which store this is: where a volume is not mounted it is missing

A file is written and has reached the disk before it gets the name by which it is found: a machine that stops leaves a
draft, or nothing. What the disk refuses, because it is full, read-only or gone, is BlobsUnavailable.
"""

import asyncio
import hashlib
import os
import re
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from shared.blobs.protocol import BlobDamaged, BlobsUnavailable, Digest, Draft
from shared.blobs.sealed import CHUNK_BYTES, Sealer, opened
from shared.vault import Vault

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_KEY = re.compile("[0-9a-f]{32}")
_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


class DirectoryBlobs:
    """Contents under `root`, sealed by the vault. Raises OSError when the directory can't be used."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self._drafts, self._kept, self._vault = root / "drafts", root / "kept", vault
        self._mark = root / "store"
        self._make_folders()

    async def identity(self) -> uuid.UUID | None:
        """Which store it is; None for one that has not been made, or is not there."""
        return await asyncio.to_thread(self._identity)

    async def make(self, identity: uuid.UUID) -> None:
        """From now on it is that store."""
        await asyncio.to_thread(self._make, identity)

    @asynccontextmanager
    async def draft(self, key: uuid.UUID, place: str, at: datetime) -> AsyncIterator[Draft]:
        """Begin a content at that time."""
        path = self._drafts / key.hex
        draft = _FileDraft(path, self._path(key), self._vault, place)
        await _on_disk(self._prepare)
        await _on_disk(draft.begin, at)
        try:
            yield draft
        finally:
            await _on_disk(draft.end)

    async def digest(self, key: uuid.UUID, place: str) -> Digest:
        """Of the whole content, read to its end. Raises BlobDamaged."""
        return await _on_disk(self._digest, key, place)

    async def stream(self, key: uuid.UUID, place: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises BlobDamaged, on the way too."""
        pieces = self._pieces(key, place)
        try:
            while (piece := await _on_disk(next, pieces, None)) is not None:
                yield piece
        finally:
            # A thread may be reading still when the reader has left; then the file is closed with the generator.
            with suppress(ValueError):
                pieces.close()

    async def erase(self, key: uuid.UUID) -> None:
        """It is gone afterwards, whether it was there or not."""
        await _on_disk(self._erase, key)

    async def forget_drafts(self, before: datetime) -> int:
        """Remove what was begun before that time and never kept; answers how many."""
        return await _on_disk(self._forget_drafts, before)

    async def kept_before(self, before: datetime, part: int) -> Sequence[uuid.UUID]:
        """Keys of what has been kept since before that time, of one part of `PARTS`."""
        return await _on_disk(self._kept_before, before, part)

    def _path(self, key: uuid.UUID) -> Path:
        return self._kept / key.hex[:2] / key.hex

    def _identity(self) -> uuid.UUID | None:
        try:
            return uuid.UUID(self._mark.read_text("ascii").strip())
        except (FileNotFoundError, ValueError):
            return None

    def _make(self, identity: uuid.UUID) -> None:
        self._make_folders()
        # A draft first: whoever looks meanwhile, or after the machine has stopped, finds nothing, or all of it.
        draft = self._drafts / uuid.uuid4().hex
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "w", encoding="ascii") as file:
            file.write(f"{identity}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._mark)
        _reach_the_disk(self._mark.parent)

    def _make_folders(self) -> None:
        for folder in (self._mark.parent, self._drafts, self._kept):
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)

    def _prepare(self) -> None:
        # The folders again: a volume that was mounted, or put back from a backup, since the start may lack empty ones.
        self._require_store()
        self._make_folders()

    def _require_store(self) -> None:
        if not self._mark.exists():
            raise BlobsUnavailable("the store is not there")

    def _erase(self, key: uuid.UUID) -> None:
        try:
            self._path(key).unlink()
        except FileNotFoundError:
            # Not gone, if all that is gone is the way to it.
            self._require_store()

    def _pieces(self, key: uuid.UUID, place: str) -> Generator[bytes]:
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError:
            self._require_store()
            raise BlobDamaged("the content is gone") from None
        with file:
            yield from opened(self._vault, place, file)

    def _digest(self, key: uuid.UUID, place: str) -> Digest:
        size, sha256 = 0, hashlib.sha256()
        for piece in self._pieces(key, place):
            size += len(piece)
            sha256.update(piece)
        return Digest(size, sha256.digest())

    def _forget_drafts(self, before: datetime) -> int:
        self._require_store()
        old = list(_older(self._drafts, before))
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _kept_before(self, before: datetime, part: int) -> list[uuid.UUID]:
        self._require_store()
        kept = (path.name for path in _older(self._kept / f"{part:02x}", before))
        # What a shared file system leaves behind of its own, such as `.nfs...` of a file removed while read, is no key.
        return [uuid.UUID(name) for name in kept if _KEY.fullmatch(name)]


class _FileDraft:
    """A draft as a file, written by whole chunks."""

    def __init__(self, path: Path, final: Path, vault: Vault, place: str) -> None:
        self._path, self._final, self._vault, self._place = path, final, vault, place
        self._sealer = Sealer(vault, place)
        self._held = bytearray()
        self._size, self._sha256 = 0, hashlib.sha256()
        self._file: BinaryIO | None = None

    def begin(self, at: datetime) -> None:
        self._file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE), "r+b")
        self._file.write(self._sealer.header)
        self._file.flush()
        # Its age is counted by the clock that is asked for it.
        os.utime(self._path, (at.timestamp(), at.timestamp()))
        self._at = at

    async def write(self, piece: bytes) -> None:
        """Add to it."""
        self._held += piece
        # One byte is always held back: the last chunk is sealed as such, and it is never an empty one after others.
        if len(self._held) > CHUNK_BYTES:
            await _on_disk(self._write_chunks)

    async def whole(self) -> Digest:
        """Nothing more is added, and all of it has reached the disk."""
        await _on_disk(self._write_last)
        return Digest(self._size, self._sha256.digest())

    async def read(self) -> bytes:
        """All that was written, as it will be read one day."""
        return await _on_disk(self._read)

    async def keep(self) -> None:
        """From now on it is found by its key, whatever happens to the machine."""
        await _on_disk(self._rename)

    def end(self) -> None:
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _write_chunks(self) -> None:
        while len(self._held) > CHUNK_BYTES:
            self._add(CHUNK_BYTES, last=False)

    def _write_last(self) -> None:
        self._add(len(self._held), last=True)
        file = self._opened()
        file.flush()
        os.fsync(file.fileno())

    def _add(self, size: int, *, last: bool) -> None:
        plain = bytes(self._held[:size])
        del self._held[:size]
        self._size += len(plain)
        self._sha256.update(plain)
        self._opened().write(self._sealer.chunk(plain, last=last))

    def _read(self) -> bytes:
        with self._path.open("rb") as file:
            return b"".join(opened(self._vault, self._place, file))

    def _rename(self) -> None:
        os.utime(self._path, (self._at.timestamp(), self._at.timestamp()))
        self._final.parent.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        self._path.rename(self._final)
        for folder in (self._final.parent, self._final.parent.parent):
            _reach_the_disk(folder)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise RuntimeError("the draft has not begun")
        return self._file


async def _on_disk(work: Callable[_Asked, _Answer], *arguments: _Asked.args, **named: _Asked.kwargs) -> _Answer:
    """In a thread of its own. Raises BlobsUnavailable for whatever the disk refuses."""
    try:
        return await asyncio.to_thread(work, *arguments, **named)
    except BlobsUnavailable:
        raise
    except OSError as fault:
        raise BlobsUnavailable(f"the disk refuses ({type(fault).__name__})") from fault


def _older(folder: Path, before: datetime) -> Iterator[Path]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat().st_mtime < before.timestamp():
                    yield Path(entry.path)


def _reach_the_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
