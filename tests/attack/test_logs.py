"""A process of its own in which everything goes wrong aloud: no number, and no text of a fault, gets out."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from services.consultation.lookups.simulator.persons import number

pytestmark = [pytest.mark.attack, pytest.mark.requirement(106)]

MARKER = number("18981212", "980")
CENTURY, BORN, SERIAL = MARKER[:2], MARKER[2:8], MARKER[8:]
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in MARKER)
ARABIC = "".join(chr(ord(digit) + 0x0630) for digit in MARKER)
WRITTEN = [
    *(MARKER, MARKER[2:], f"{CENTURY}{BORN}-{SERIAL}", f"{BORN}-{SERIAL}", f"{BORN}+{SERIAL}", f"{BORN} {SERIAL}"),
    *(f"{CENTURY}{BORN}%2D{SERIAL}", f"{BORN}%2b{SERIAL}", f"{BORN}\u2013{SERIAL}", f"{BORN}\u2212{SERIAL}"),
    *(f"{BORN}\u00a0{SERIAL}", f"{BORN}\u200b{SERIAL}", f"{BORN}\u00ad{SERIAL}", f"{BORN} - {SERIAL}"),
    *(f"{CENTURY} {BORN[:2]} {BORN[2:4]} {BORN[4:]} {SERIAL}", FULL_WIDTH, ARABIC, f"7{MARKER}", f"{MARKER}99"),
]
NAME = "Åsa Hemligsson"

PROGRAM = dedent(
    """
    import asyncio, logging, sys, threading, warnings
    from shared.logs import configure_logs, watch_loop

    early = logging.getLogger("early")
    early.addHandler(logging.StreamHandler(sys.stderr)); early.propagate = False
    configure_logs("DEBUG")
    WRITTEN, NAME = {written!r}, {name!r}

    class Loud:
        def __str__(self): raise ValueError(NAME)
        __repr__ = __str__
        def __del__(self): raise ValueError(NAME + WRITTEN[0])

    def fail(text):
        held = [text, NAME]
        try:
            raise KeyError(text)
        except KeyError as fault:
            raise ValueError(f"{{text}} {{NAME}} {{held}}") from fault

    late = logging.getLogger("late")
    late.addHandler(logging.StreamHandler(sys.stdout)); late.propagate = False; late.setLevel("DEBUG")
    libraries = ["uvicorn.error", "uvicorn.access", "httpx", "httpcore.http11", "sqlalchemy.engine.Engine", "asyncpg",
                 "alembic.runtime", "pgqueuer", "asyncio", "urllib3", "root.made.today"]
    loggers = [logging.getLogger(), early, late, *map(logging.getLogger, libraries)]
    for logger in loggers:
        for text in WRITTEN:
            logger.critical("person %s", text)
            logger.critical(f"GET /persons/{{text}}?x={{text}} HTTP/1.1")
            logger.critical("x", extra={{"seen": text, text: 1, "deep": [{{text: (text,)}}], "odd": {{(text,): text}}}})
            logger.critical({{"person": text}})
            try:
                fail(text)
            except ValueError:
                logger.exception("failed for %s", text, stack_info=True)
        logger.critical("too few %s %s", WRITTEN[0])
        logger.critical("cannot be printed %s", Loud())
        logger.critical("x", extra={{"loud": Loud()}})
        cycle = {{}}; cycle["itself"] = cycle
        logger.critical("holds itself", extra={{"cycle": cycle, "person": WRITTEN[0]}})
    warnings.warn(f"careful with {{WRITTEN[0]}}", stacklevel=1)
    logging.getLogger("made").handle(logging.makeLogRecord({{"msg": WRITTEN[0], "exc_text": WRITTEN[0] + NAME}}))

    thread = threading.Thread(target=fail, args=(WRITTEN[0],)); thread.start(); thread.join()
    Loud()

    async def main():
        loop = asyncio.get_running_loop()
        watch_loop(loop)
        loop.call_soon(fail, WRITTEN[0])
        task = asyncio.create_task(asyncio.to_thread(fail, WRITTEN[0]))
        await asyncio.sleep(0.1)
        del task
        import gc; gc.collect()
        await asyncio.sleep(0)

    asyncio.run(main())
    fail(WRITTEN[0])
    """
)


def test_nothing_that_is_logged_warned_raised_or_left_uncaught_lets_a_number_or_a_fault_text_out() -> None:
    program = PROGRAM.format(written=WRITTEN, name=NAME)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        timeout=60,
        check=False,
    )

    out, lines = done.stdout.decode(), done.stderr.decode("utf-8").splitlines()
    assert done.returncode == 1
    assert out == "", "a handler of somebody else's wrote"
    entries = [json.loads(line) for line in lines]
    told = "\n".join(lines)
    assert [form for form in WRITTEN if form in told] == []
    assert NAME not in told
    assert "Hemligsson" not in told
    for message in ("uncaught fault", "uncaught fault in a thread", "uncaught fault in a task", "holds itself"):
        assert message in [entry["message"] for entry in entries], message
    assert any(entry["message"].startswith("too few") for entry in entries), "a line that cannot be made is still told"
    assert any(entry["logger"] == "py.warnings" for entry in entries)
    fault = next(entry for entry in entries if entry["message"].startswith("failed for"))
    assert (fault["exception"], fault["causes"]) == ("ValueError", ["KeyError"])
    assert "fail" in fault["at"][-1]


def test_a_service_that_cannot_start_does_not_print_why_in_the_words_of_the_fault() -> None:
    program = dedent(
        f"""
        import asyncio, contextlib
        from fastapi import FastAPI
        from shared.http.guard import Guard
        from shared.logs import configure_logs
        from shared.serving import Served, serving, CannotListen

        configure_logs("DEBUG")

        @contextlib.asynccontextmanager
        async def lifespan(app):
            raise RuntimeError("{MARKER} {NAME}")
            yield

        async def main():
            app = Guard(FastAPI(lifespan=lifespan), type_base="", service="x")
            try:
                async with serving([Served("x", app, "127.0.0.1", 0)]):
                    pass
            except CannotListen:
                print("refused to start")

        asyncio.run(main())
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.decode().strip() == "refused to start"
    told = done.stderr.decode()
    assert "RuntimeError" in told
    assert MARKER not in told
    assert NAME not in told
