"""Contents outside the database: whatever is done to their files, nothing is read but what was written."""

import asyncio
import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.blobs.directory import DirectoryBlobs
from shared.blobs.protocol import PARTS, BlobDamaged, BlobsUnavailable, Digest
from shared.blobs.sealed import CHUNK_BYTES
from shared.vault import Vault
from tests.sizes import sample_or_full

VAULT = Vault(b"s" * 32, b"m" * 32)
PLACE = "here"
STORE = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEALED_CHUNK = CHUNK_BYTES + 16
HEADER = 4 + 61
MARKER = b"nobody reads this outside"
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7)


def written(root: Path, content: bytes, *, piece: int = 50_000, at: datetime = NOW) -> tuple[DirectoryBlobs, uuid.UUID]:
    blobs, key = DirectoryBlobs(root, VAULT), uuid.uuid4()

    async def write() -> Digest:
        await blobs.make(STORE)
        async with blobs.draft(key, PLACE, at) as draft:
            for place in range(0, len(content), piece):
                await draft.write(content[place : place + piece])
            digest = await draft.whole()
            assert await draft.read() == content
            await draft.keep()
        return digest

    assert asyncio.run(write()) == Digest(len(content), hashlib.sha256(content).digest())
    return blobs, key


def read(blobs: DirectoryBlobs, key: uuid.UUID, place: str = PLACE) -> bytes:
    async def collect() -> bytes:
        return b"".join([piece async for piece in blobs.stream(key, place)])

    return asyncio.run(collect())


def file_of(root: Path, key: uuid.UUID) -> Path:
    return root / "kept" / key.hex[:2] / key.hex


def content_of(size: int) -> bytes:
    return (MARKER * (size // len(MARKER) + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_in_any_pieces_is_read_again(tmp_path: Path, size: int) -> None:
    blobs, key = written(tmp_path, content_of(size))

    assert read(blobs, key) == content_of(size)
    assert asyncio.run(blobs.digest(key, PLACE)).size == size


def test_nothing_of_it_stands_in_the_file_and_nobody_else_may_open_it(tmp_path: Path) -> None:
    _, key = written(tmp_path, content_of(100_000))
    file = file_of(tmp_path, key)

    assert MARKER not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.rglob("*") if each.is_dir()} == {0o700}


def cut_after_a_chunk(sealed: bytes) -> bytes:
    return sealed[: HEADER + 2 * SEALED_CHUNK]


def without_a_chunk(sealed: bytes) -> bytes:
    return sealed[: HEADER + SEALED_CHUNK] + sealed[HEADER + 2 * SEALED_CHUNK :]


def with_chunks_exchanged(sealed: bytes) -> bytes:
    first, second = (sealed[HEADER + n * SEALED_CHUNK : HEADER + (n + 1) * SEALED_CHUNK] for n in (0, 1))
    return sealed[:HEADER] + second + first + sealed[HEADER + 2 * SEALED_CHUNK :]


def with_a_chunk_again(sealed: bytes) -> bytes:
    return sealed + sealed[-23:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut after a chunk": cut_after_a_chunk,
    "cut within a chunk": lambda sealed: sealed[:-5],
    "without a chunk in the middle": without_a_chunk,
    "with two chunks exchanged": with_chunks_exchanged,
    "with its last chunk twice": with_a_chunk_again,
    "with its head alone": lambda sealed: sealed[:HEADER],
    "with half a head": lambda sealed: sealed[:30],
    "with something else": lambda sealed: b"%PDF-1.7" + sealed[8:],
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_file_that_is_not_whole_is_found_damaged(tmp_path: Path, how: str) -> None:
    blobs, key = written(tmp_path, content_of(3 * CHUNK_BYTES + 7))
    file = file_of(tmp_path, key)
    file.write_bytes(DAMAGES[how](file.read_bytes()))

    with pytest.raises(BlobDamaged):
        asyncio.run(blobs.digest(key, PLACE))


@given(place=st.integers(0), bit=st.integers(0, 7))
@settings(
    max_examples=sample_or_full(50, 2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_one_bit_anywhere_is_enough(tmp_path: Path, place: int, bit: int) -> None:
    blobs, key = written(tmp_path, content_of(300))
    file = file_of(tmp_path, key)
    sealed = bytearray(file.read_bytes())
    sealed[place % len(sealed)] ^= 1 << bit
    file.write_bytes(sealed)

    with pytest.raises(BlobDamaged):
        read(blobs, key)


def test_in_the_place_of_another_it_does_not_open(tmp_path: Path) -> None:
    blobs, key = written(tmp_path, content_of(300))
    _, other = written(tmp_path, content_of(400))

    with pytest.raises(BlobDamaged):
        read(blobs, key, "elsewhere")
    file_of(tmp_path, key).write_bytes(file_of(tmp_path, other).read_bytes())
    assert read(blobs, key) == content_of(400), "of one place all open, so that a row says whose digest it is"
    with pytest.raises(BlobDamaged):
        read(DirectoryBlobs(tmp_path, Vault(b"x" * 32, b"m" * 32)), key)


def test_what_is_not_kept_is_gone_whatever_ended_it(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path, VAULT)

    async def give_up() -> None:
        await blobs.make(STORE)
        async with blobs.draft(uuid.uuid4(), PLACE, NOW) as draft:
            await draft.write(content_of(100_000))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(give_up())
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["store"]


def test_what_is_erased_is_gone_and_may_be_erased_again(tmp_path: Path) -> None:
    blobs, key = written(tmp_path, content_of(300))

    asyncio.run(blobs.erase(key))
    asyncio.run(blobs.erase(key))

    with pytest.raises(BlobDamaged):
        read(blobs, key)


def test_every_part_together_is_the_whole_store_and_the_young_are_left_out(tmp_path: Path) -> None:
    old = {written(tmp_path, b"x", at=NOW - timedelta(days=2))[1] for _ in range(5)}
    blobs, _ = written(tmp_path, b"x")
    before = NOW - timedelta(days=1)
    # As a file system leaves it that several share.
    other = file_of(tmp_path, next(iter(old))).with_name(".nfs0000000002c1f0a900000001")
    other.write_bytes(b"")
    os.utime(other, (0, 0))

    found = [key for part in range(PARTS) for key in asyncio.run(blobs.kept_before(before, part))]

    assert (set(found), len(found)) == (old, len(old))


def test_drafts_that_a_stopped_process_left_are_forgotten_when_they_are_old(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path, VAULT)
    asyncio.run(blobs.make(STORE))
    left = {age: tmp_path / "drafts" / uuid.uuid4().hex for age in (0, 2)}
    for age, path in left.items():
        path.write_bytes(b"sealed, as far as it came")
        began = (NOW - timedelta(days=age)).timestamp()
        os.utime(path, (began, began))

    assert asyncio.run(blobs.forget_drafts(NOW - timedelta(days=1))) == 1

    assert [path.exists() for path in left.values()] == [True, False]


@pytest.mark.parametrize(
    "ask",
    [
        lambda blobs, key: blobs.digest(key, PLACE),
        lambda blobs, key: blobs.erase(key),
        lambda blobs, _: blobs.forget_drafts(NOW),
        lambda blobs, key: blobs.kept_before(NOW, key.bytes[0]),
        lambda blobs, _: blobs.draft(uuid.uuid4(), PLACE, NOW).__aenter__(),
    ],
    ids=["digest", "erase", "forget_drafts", "kept_before", "draft"],
)
def test_a_store_that_is_not_there_says_nothing_of_its_contents(
    tmp_path: Path, ask: Callable[[DirectoryBlobs, uuid.UUID], Awaitable[Any]]
) -> None:
    root, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    blobs, key = written(root, content_of(300))

    async def asked() -> None:
        await ask(blobs, key)

    # As a volume that is no longer mounted.
    root.rename(elsewhere)
    DirectoryBlobs(root, VAULT)
    with pytest.raises(BlobsUnavailable):
        asyncio.run(asked())

    assert asyncio.run(blobs.identity()) is None
    assert [each for each in root.rglob("*") if each.is_file()] == []
    shutil.rmtree(root)
    elsewhere.rename(root)
    assert (asyncio.run(blobs.identity()), read(blobs, key)) == (STORE, content_of(300))


@pytest.mark.parametrize("mark", ["", "not an id", "\udcff"])
def test_what_does_not_say_which_store_it_is_is_none(tmp_path: Path, mark: str) -> None:
    blobs = DirectoryBlobs(tmp_path, VAULT)

    (tmp_path / "store").write_bytes(mark.encode("ascii", "surrogateescape"))

    assert asyncio.run(blobs.identity()) is None


def test_a_volume_that_is_mounted_after_the_start_needs_no_folders_yet(tmp_path: Path) -> None:
    root = tmp_path / "store"
    blobs, key = DirectoryBlobs(root, VAULT), uuid.uuid4()

    async def kept() -> bytes:
        await blobs.make(STORE)
        shutil.rmtree(root / "drafts")
        shutil.rmtree(root / "kept")
        async with blobs.draft(key, PLACE, NOW) as draft:
            await draft.write(content_of(300))
            await draft.whole()
            await draft.keep()
        return b"".join([piece async for piece in blobs.stream(key, PLACE)])

    # As a new volume that covers what was made at the start.
    shutil.rmtree(root)
    root.mkdir()
    assert asyncio.run(kept()) == content_of(300)
    assert {stat.S_IMODE(each.stat().st_mode) for each in root.rglob("*") if each.is_file()} == {0o600}


def test_what_the_disk_refuses_says_nothing_of_a_content(tmp_path: Path) -> None:
    blobs, key = written(tmp_path, content_of(300))
    (tmp_path / "kept").rename(tmp_path / "aside")
    (tmp_path / "kept").write_bytes(b"")

    for ask in (blobs.digest(key, PLACE), blobs.erase(key), blobs.kept_before(NOW, key.bytes[0])):
        with pytest.raises(BlobsUnavailable, match="NotADirectoryError"):
            asyncio.run(cast(Coroutine[Any, Any, object], ask))
