"""Structured logs: one JSON object a line, with everything that may identify a person blotted out.

There is one way out of the process. Whatever handlers a library brings, or makes later, its records come to ours;
and exceptions that nobody caught are told by kind and place, since their texts may hold data.
"""

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

from shared.identity import blot_out

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The W3C trace context of the request that is being handled, to be passed on to whom it makes us ask."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_MOST_CAUSES = 5

_log = logging.getLogger("process")


class JsonFormatter(logging.Formatter):
    """Renders a record as one line, whatever it holds. Exceptions are told by kind and place."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": str(record.levelname).lower(),
            "logger": record.name,
            "message": _message(record),
        }
        told = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        entry |= told
        if record.exc_info and record.exc_info[1] is not None:
            entry |= _told(record.exc_info[1], record.exc_info[2])
        try:
            line = blot_out(_encode(entry))
        except (ValueError, TypeError, RecursionError):
            # What cannot be encoded, such as something that holds itself, is left out: the line is not.
            line = blot_out(_encode({name: value for name, value in entry.items() if name not in told}))
        if (current := request_id.get()) is None:
            return line
        # Made here, or looked at when they came in. Digits in a row that happen to be in them are nobody's.
        return f'{line[:-1]}, "requestId": "{current}", "trace": "{traceparent.get()}"}}'


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # Arguments that do not fit the words, or an object that cannot be printed.
        return str(record.msg)


_encode = json.JSONEncoder(ensure_ascii=False, skipkeys=True, default=lambda value: type(value).__name__).encode


@lru_cache(maxsize=4)
def _second(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _told(fault: BaseException, trace: TracebackType | None) -> dict[str, Any]:
    told: dict[str, Any] = {"exception": type(fault).__name__, "at": _places(trace)}
    if causes := [type(cause).__name__ for cause in _causes(fault)]:
        told["causes"] = causes
    return told


def _causes(fault: BaseException) -> Iterator[BaseException]:
    for _ in range(_MOST_CAUSES):
        cause = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        if cause is None:
            return
        yield cause
        fault = cause


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


_NOISY = (
    # Below warnings these tell addresses, headers, statements or tokens.
    *("httpx", "httpcore", "uvicorn.access", "uvicorn.error", "sqlalchemy.engine", "authlib", "pgqueuer"),
)


def configure_logs(level: str = "INFO") -> None:
    """Send every logger of the process, and every fault that nobody catches, to standard error as redacted JSON."""
    # A record that cannot be rendered would be printed as it is, by logging itself.
    logging.raiseExceptions = False
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)

    def one_way_out(_: logging.Logger, record: logging.LogRecord) -> None:
        handler.handle(record)

    # Libraries add handlers of their own and stop records from propagating, some when they are first used. Cleaning
    # up after those that are known leaves the next one.
    logging.Logger.callHandlers = one_way_out  # type: ignore[method-assign, assignment]
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel("WARNING")
    logging.captureWarnings(capture=True)
    sys.excepthook = _told_uncaught
    threading.excepthook = _told_in_thread
    sys.unraisablehook = _told_unraisable


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Tell faults of the loop's tasks and callbacks in the same way: asyncio itself would print their texts."""
    loop.set_exception_handler(_told_in_loop)


def _told_uncaught(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        _log.critical("uncaught fault", exc_info=(kind, fault, trace))


def _told_in_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None and not issubclass(found.exc_type, SystemExit):
        _log.error("uncaught fault in a thread", exc_info=(found.exc_type, found.exc_value, found.exc_traceback))


def _told_unraisable(found: "sys.UnraisableHookArgs") -> None:
    fault = found.exc_value
    _log.error("fault that could not be raised", exc_info=fault and (type(fault), fault, found.exc_traceback))


def _told_in_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    fault = context.get("exception")
    if fault is None:
        _log.error("fault in the loop", extra={"what": context.get("message")})
        return
    # The context's message and objects are asyncio's words about the fault, and may repeat its text.
    _log.error("uncaught fault in a task", exc_info=(type(fault), fault, fault.__traceback__))
