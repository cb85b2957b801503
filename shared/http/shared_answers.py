"""Answers that several requests are given: made once for those who ask together, and kept for whoever asks next."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from starlette.responses import Response

MOST_BYTES = 32 * 1024 * 1024
"""Of kept answers, in a process."""
EACH_BYTES = 2048
"""What an answer takes besides its body: key, headers, and its place among the others."""

Make = Callable[[], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer that can be sent again and again."""

    body: bytes
    headers: dict[str, str]

    @property
    def size(self) -> int:
        return len(self.body) + EACH_BYTES

    def response(self) -> Response:
        return Response(self.body, headers=self.headers)


class SharedAnswers:
    """Those of a process. Who asks for what is being made waits for it; who goes away takes nothing from the others."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._held = most_bytes, 0
        self._kept: OrderedDict[Hashable, _Told] = OrderedDict()
        self._made: dict[Hashable, asyncio.Task[_Told]] = {}

    async def kept(self, key: Hashable, make: Make) -> Response:
        """The answer of the key, made when there is none. What `make` raises is raised, and nothing kept."""
        told = self._kept.get(key)
        if told is None:
            told = await asyncio.shield(self._made.get(key) or self._begin(key, make))
        else:
            self._kept.move_to_end(key)
        return told.response()

    def _begin(self, key: Hashable, make: Make) -> asyncio.Task[_Told]:
        async def made() -> _Told:
            try:
                told = _told(await make())
                self._keep(key, told)
                return told
            finally:
                self._made.pop(key, None)

        task = self._made[key] = asyncio.ensure_future(made())
        # When everybody who waited has gone away, nobody asks what became of it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _keep(self, key: Hashable, told: _Told) -> None:
        self._kept[key] = told
        self._held += told.size
        while self._held > self._most:
            self._held -= self._kept.popitem(last=False)[1].size


def _told(response: Response) -> _Told:
    length = "content-length"
    headers = {name: value for name, value in response.headers.items() if name != length}
    return _Told(bytes(response.body), headers)
