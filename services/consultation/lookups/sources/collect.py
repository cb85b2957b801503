"""Asks the adapters side by side and puts their answers together, one for each of the seven codes."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress

from services.consultation.lookups.sources.domain import Inquiry, Source, SourceAnswer, SourceCode, SourceState
from services.consultation.lookups.sources.failures import ADAPTER_FAULT, TIMEOUT, all_failed

_log = logging.getLogger("sources")

Sources = Mapping[SourceCode, Source]


async def collect(sources: Sources, inquiry: Inquiry, *, budget_seconds: float) -> list[SourceAnswer]:
    """One answer per source code, in the contract's order; what was not asked says so.

    An adapter that breaks or does not finish within the budget costs its own sources only. `budget_seconds` bounds the
    whole; that an adapter keeps to a time of its own is for the adapter (budget.py).
    """
    asked: dict[int, tuple[Source, list[SourceCode]]] = {}
    for code in inquiry.sources:
        adapter = sources[code]
        asked.setdefault(id(adapter), (adapter, []))[1].append(code)
    parts = [(adapter, _only(inquiry, codes)) for adapter, codes in asked.values()]
    tasks = [asyncio.create_task(_ask(adapter, part)) for adapter, part in parts]
    # One timer for them all. What is late is broken off, and has ended when this block is left.
    with suppress(TimeoutError):
        async with asyncio.timeout(budget_seconds):
            await asyncio.gather(*tasks)
    answers: dict[SourceCode, SourceAnswer] = {}
    for task, (_, part) in zip(tasks, parts, strict=True):
        answers.update(all_failed(part, TIMEOUT) if task.cancelled() else task.result())
    return [answers.get(code) or SourceAnswer(code, _absent(inquiry, code)) for code in SourceCode]


def _only(inquiry: Inquiry, codes: Iterable[SourceCode]) -> Inquiry:
    return inquiry.put_to({code: inquiry.sources[code] for code in codes})


def _absent(inquiry: Inquiry, code: SourceCode) -> SourceState:
    return SourceState.MISSING if code in inquiry.sources else SourceState.NOT_ASKED


async def _ask(adapter: Source, inquiry: Inquiry) -> Mapping[SourceCode, SourceAnswer]:
    try:
        return await adapter.ask(inquiry)
    except TimeoutError:
        return all_failed(inquiry, TIMEOUT)
    except Exception:
        # An adapter promises not to raise; when it does, the other sources must not pay for it.
        _log.exception("an adapter broke")
        return all_failed(inquiry, ADAPTER_FAULT)
