"""The server's log file, which it only ever appends to."""

import contextlib
from pathlib import Path

_LOG_BYTES = 10 * 1024 * 1024


def rotate(log: Path) -> None:
    """Set a large log aside, in the place of the one set aside before it."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))


def last_words(log: Path) -> str:
    """The end of the log, for a message; it holds no values, so it may be shown."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]
    except OSError:
        lines = []
    return f"Its last words, from {log}:\n" + "\n".join(lines)
