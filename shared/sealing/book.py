"""The file of checkpoints: one a line, only ever appended to, outside the database.

It is opened for appending and never truncated, so it can lie on a file system that allows nothing else
(`chattr +a`, object lock). A write that is broken off leaves the beginning of a line; the next one ends that line
first.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from shared.sealing.checkpoints import is_whole

_BLOCK = 64 * 1024


class Book:
    """`<origin>.checkpoints` in a directory that exists. Raises OSError when it can't be read or written."""

    def __init__(self, directory: Path, origin: str) -> None:
        self.origin = origin
        self.path = directory / f"{origin}.checkpoints"

    def append(self, lines: list[str]) -> None:
        """Write whole lines and return when they are on the disk."""
        made = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            torn = "" if self._ended(descriptor) else "\n"
            told = (torn + "".join(f"{line}\n" for line in lines)).encode("ascii")
            while told:
                told = told[os.write(descriptor, told) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if made:
            _sync(self.path.parent)

    def newest(self) -> str | None:
        """The last whole line, or None when there is none."""
        return next(self._backwards(), None)

    def after(self, line: str | None) -> list[str]:
        """The whole lines that follow on `line`, oldest first; all of them when it is not there or None."""
        found = []
        for each in self._backwards():
            if each == line:
                break
            found.append(each)
        return found[::-1]

    def lines(self, size: int | None = None) -> Iterator[tuple[int, str]]:
        """Every line that is not empty, torn ones too, with its number; of the first `size` bytes when given."""
        if not self.path.exists():
            return
        with self.path.open("rb") as opened:
            read = 0
            for number, raw in enumerate(opened, 1):
                read += len(raw)
                if size is not None and read > size:
                    return
                if line := raw.decode("ascii", "replace").strip():
                    yield number, line

    def size(self) -> int:
        """In bytes; 0 when nothing has been written."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _backwards(self) -> Iterator[str]:
        """Whole lines from the end, so that a long file costs no more than what is wanted of it."""
        try:
            opened = self.path.open("rb")
        except FileNotFoundError:
            return
        with opened:
            place, rest = opened.seek(0, os.SEEK_END), b""
            while place > 0:
                step = min(_BLOCK, place)
                place -= step
                opened.seek(place)
                first, *others = (opened.read(step) + rest).split(b"\n")
                yield from _whole(others)
                rest = first
            yield from _whole([rest])

    @staticmethod
    def _ended(descriptor: int) -> bool:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        return end == 0 or os.pread(descriptor, 1, end - 1) == b"\n"


def _whole(raw: list[bytes]) -> Iterator[str]:
    for each in reversed(raw):
        line = each.decode("ascii", "replace").strip()
        if is_whole(line):
            yield line


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
