"""Structured logs: one JSON object a line, with everything that may be an identity number blotted out.

The filter sits on the handler, so it covers every logger of the process, the libraries' own included.
"""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from shared.luhn import luhn_remainder

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# Ten or twelve digits, with or without a sign, not inside a longer run of digits. Wider than need be:
# a blotted order number costs nothing, a printed identity number does.
_IDENTITY = re.compile(r"(?<!\d)(?:\d{2})?\d{6}[-+ ]?\d{4}(?!\d)", re.ASCII)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


_LONG_RUN = re.compile(r"\d{13,}", re.ASCII)
_WINDOW = re.compile(r"(?=(\d{2}(?:0[1-9]|1[0-2])(\d{2})\d{4}))", re.ASCII)


def redact(text: str) -> str:
    """The text with everything that has the form of an identity number replaced."""
    text = _IDENTITY.sub("[redacted]", text)
    return _LONG_RUN.sub(lambda run: "[redacted]" if hides_identity(run[0]) else run[0], text)


def hides_identity(text: str) -> bool:
    """Whether ten digits in a row, anywhere, pass for an identity number: month, day and check digit hold."""
    return any(1 <= int(found[2]) % 60 <= 31 and luhn_remainder(found[1]) == 0 for found in _WINDOW.finditer(text))


class JsonFormatter(logging.Formatter):
    """Renders a record as one line. Exceptions are told by type and place; their texts may hold data."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            entry["requestId"] = current
        entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[0] is not None:
            entry["exception"] = record.exc_info[0].__name__
            entry["at"] = _places(record)
        return redact(_encode(entry))


_encode = json.JSONEncoder(ensure_ascii=False, default=lambda value: type(value).__name__).encode


@lru_cache(maxsize=4)
def _second(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _places(record: logging.LogRecord) -> list[str]:
    places = []
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def configure_logs(level: str = "INFO") -> None:
    """Send every logger of the process to standard error as redacted JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "sqlalchemy"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for noisy in ("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "sqlalchemy.engine"):
        logging.getLogger(noisy).setLevel("WARNING")
