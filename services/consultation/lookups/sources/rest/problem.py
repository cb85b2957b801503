"""The words of a source that answers with a problem (RFC 9457)."""

import json
from typing import Any

from services.consultation.lookups.sources.characters import carried
from services.consultation.lookups.sources.ssbtek.readers.reading import words
from shared.transport.protocol import Answer

_MAX_BYTES = 64 * 1024


def problem_words(answer: Answer) -> tuple[str, ...]:
    """`title` and `detail`, verbatim; nothing of an answer that is no problem document."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/problem+json" or len(answer.body) > _MAX_BYTES:
        return ()
    try:
        problem: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(problem, dict):
        return ()
    texts = (problem.get(name) for name in ("title", "detail"))
    return words(*(carried(text).strip() for text in texts if isinstance(text, str)))
