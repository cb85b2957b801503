"""The chain and its checkpoints as pure functions, against a reference that shares nothing with them."""

import calendar
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from shared.sealing.book import Book
from shared.sealing.chain import BEGINNING, links_after, next_link
from shared.sealing.checkpoints import (
    Checkpoint,
    CheckpointFault,
    believed,
    digest_of,
    is_whole,
    public_key_set,
    read_public_keys,
    read_signing_key,
    signed,
    unverified,
)

KEY = ECKey.generate_key("P-256", private=True)
PUBLIC = {KEY.thumbprint(): ECKey.import_key(KEY.as_dict(private=False))}

HASHES = st.binary(min_size=32, max_size=32)
INSTANTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]),
)


def reference(link: bytes, position: int, at: datetime, hashed: bytes) -> bytes:
    """By the words of the docstring: a zero byte, the link before, position, microseconds, the entry's hash."""
    utc = at.astimezone(UTC)
    microseconds = calendar.timegm(utc.timetuple()) * 10**6 + utc.microsecond
    told = b"".join([b"\0", link, position.to_bytes(8, "big"), (microseconds % 2**64).to_bytes(8, "big"), hashed])
    return hashlib.new("sha256", told).digest()


@given(HASHES, st.integers(1, 2**63 - 1), INSTANTS, HASHES)
def test_a_link_is_what_the_reference_counts(link: bytes, position: int, at: datetime, hashed: bytes) -> None:
    assert next_link(link, position, at, hashed) == reference(link, position, at, hashed)


@given(st.lists(st.tuples(INSTANTS, HASHES), max_size=20), st.integers(0, 10**6))
def test_links_follow_on_each_other_however_they_are_cut_into_batches(
    entries: list[tuple[datetime, bytes]], cut: int
) -> None:
    whole = links_after(BEGINNING, 0, entries)

    expected, link = [], BEGINNING
    for position, (at, hashed) in enumerate(entries, 1):
        link = reference(link, position, at, hashed)
        expected.append(link)
    assert whole == expected

    place = cut % (len(entries) + 1)
    first = links_after(BEGINNING, 0, entries[:place])
    assert first + links_after(first[-1] if first else BEGINNING, place, entries[place:]) == whole


@given(st.lists(st.tuples(INSTANTS, HASHES), min_size=1, max_size=8), st.integers(0), st.integers(0, 2))
def test_any_change_changes_every_link_from_there(entries: list[tuple[datetime, bytes]], place: int, kind: int) -> None:
    place %= len(entries)
    at, hashed = entries[place]
    changed = [(at + timedelta(microseconds=1), hashed), (at, hashlib.sha256(hashed).digest()), (at, bytes(32))][kind]
    if changed == (at, hashed):
        return
    before, after = (
        links_after(BEGINNING, 0, entries),
        links_after(BEGINNING, 0, [*entries[:place], changed, *entries[place + 1 :]]),
    )

    assert before[:place] == after[:place]
    assert all(one != other for one, other in zip(before[place:], after[place:], strict=True))


# --- checkpoints -------------------------------------------------------------------------------------------------


def a_checkpoint(position: int, previous: bytes | None = None) -> Checkpoint:
    return Checkpoint("samrad.test", position, bytes([position % 256]) * 32, previous, datetime(2026, 1, 1, tzinfo=UTC))


def some_lines(number: int) -> list[str]:
    lines: list[str] = []
    for position in range(1, number + 1):
        lines.append(signed(a_checkpoint(position, digest_of(lines[-1]) if lines else None), KEY))
    return lines


def test_a_checkpoint_is_believed_as_it_was_signed() -> None:
    checkpoint = a_checkpoint(7, bytes(32))
    line = signed(checkpoint, KEY)

    assert believed(line, PUBLIC) == unverified(line) == checkpoint
    assert is_whole(line)


def test_a_checkpoint_is_not_believed_when_anything_is_wrong_with_it() -> None:
    line = signed(a_checkpoint(7), KEY)
    header, payload, signature = line.split(".")
    other = signed(a_checkpoint(8), KEY).split(".")[1]
    stranger = ECKey.generate_key("P-256", private=True)
    for spoilt in (
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.{'A' * 86}",
        signed(a_checkpoint(7), stranger),
        "x.y.z",
        "",
        "é",
    ):
        with pytest.raises(CheckpointFault):
            believed(spoilt, PUBLIC)
    for spoilt in ("x.y.z", "", "a.e30.c", "a.W10.c"):
        with pytest.raises(CheckpointFault):
            unverified(spoilt)


def test_a_key_is_read_only_when_it_is_the_right_kind_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for wrong in ("", "{}", "[]", '{"keys": []}', '{"keys": [{}]}', '{"kty": "oct", "k": "AAAA"}', public_key_set(KEY)):
        file.write_text(wrong, "utf-8")
        file.chmod(0o600)
        with pytest.raises(CheckpointFault):
            read_signing_key(file)
    file.write_text(json.dumps(ECKey.generate_key("P-384", private=True).as_dict(private=True)), "utf-8")
    with pytest.raises(CheckpointFault, match="P-256"):
        read_signing_key(file)
    file.write_text(json.dumps(KEY.as_dict(private=True)), "utf-8")
    assert read_signing_key(file).thumbprint() == KEY.thumbprint()
    file.chmod(0o644)
    with pytest.raises(CheckpointFault, match="0600"):
        read_signing_key(file)
    file.write_text(public_key_set(KEY), "utf-8")
    assert list(read_public_keys(file)) == [KEY.thumbprint()]
    assert not any(key.is_private for key in read_public_keys(file).values())


# --- the file ----------------------------------------------------------------------------------------------------


def test_a_write_that_was_broken_off_anywhere_costs_that_line_and_no_other(tmp_path: Path) -> None:
    one, two, three = some_lines(3)
    for kept in range(0, len(two) + 1, 7):
        book = Book(tmp_path, f"samrad.{kept}")
        book.append([one])
        with book.path.open("ab") as opened:
            opened.write(two[:kept].encode())

        assert book.newest() == one
        book.append([three])

        whole = [line for _, line in book.lines() if is_whole(line)]
        assert whole == [one, three]
        assert book.newest() == three


def test_a_line_that_lacks_only_its_end_counts(tmp_path: Path) -> None:
    one, two, three = some_lines(3)
    book = Book(tmp_path, "samrad.test")
    book.append([one])
    with book.path.open("ab") as opened:
        opened.write(two.encode())

    assert book.newest() == two
    book.append([three])
    assert [line for _, line in book.lines()] == [one, two, three]


def test_a_long_file_is_read_from_its_end(tmp_path: Path) -> None:
    lines = some_lines(400)
    book = Book(tmp_path, "samrad.test")
    assert book.newest() is None
    assert (book.after(None), book.size(), list(book.lines())) == ([], 0, [])

    book.append(lines)

    assert book.size() > 2 * 64 * 1024, "longer than what is read at a time"
    assert book.newest() == lines[-1]
    assert book.after(lines[-3]) == lines[-2:]
    assert book.after(lines[-1]) == []
    assert book.after(None) == book.after("something else") == lines
    assert [line for _, line in book.lines(book.size() - 1)] == lines[:-1]
