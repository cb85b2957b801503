"""JSON from another service: read within limits of size and time, and never unpacked.

httpx limits neither: an answer may be endless, arrive by the byte for ever, or be a small thing that unpacks to a
large one.
"""

import asyncio
import json
from typing import Any

import httpx

MAX_BYTES = 256 * 1024
MAX_SECONDS = 10.0


async def json_answer(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    max_bytes: int = MAX_BYTES,
    max_seconds: float = MAX_SECONDS,
    **options: Any,
) -> tuple[int, Any]:
    """The status, and the JSON when that is 200, else None. `options` are httpx's.

    Raises httpx.HTTPError, TimeoutError, and ValueError for what is too large, packed, or no JSON.
    """
    headers = {"Accept-Encoding": "identity", **(options.pop("headers", None) or {})}
    async with asyncio.timeout(max_seconds), http.stream(method, url, headers=headers, **options) as answer:
        if answer.status_code != 200:
            return answer.status_code, None
        pieces, size = [], 0
        if "content-encoding" in answer.headers:
            raise ValueError("the answer is packed")
        async for piece in answer.aiter_bytes():
            size += len(piece)
            if size > max_bytes:
                raise ValueError("the answer is too large")
            pieces.append(piece)
    try:
        return 200, json.loads(b"".join(pieces))
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
