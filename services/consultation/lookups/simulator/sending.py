"""How an answer is sent: at once, in drips, or followed by blanks to a great size."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from starlette.responses import Response, StreamingResponse

from services.consultation.lookups.simulator.faults import Fault

Sleep = Callable[[float], Awaitable[None]]

_DRIPS = 20
_BLANKS = b" " * 65_536


def sent(body: bytes, faults: Iterable[Fault], sleep: Sleep) -> Response:
    """The answer as the faults have it."""
    kinds = {fault.kind: fault for fault in faults}
    drip, huge = kinds.get("slow-drip"), kinds.get("huge")
    if drip is None and huge is None:
        return Response(body, media_type="text/xml")
    seconds, size = (drip.seconds if drip else 0.0), (huge.size if huge else 0)
    return StreamingResponse(_pieces(body, seconds, size, sleep), media_type="text/xml")


async def _pieces(body: bytes, seconds: float, size: int, sleep: Sleep) -> AsyncIterator[bytes]:
    length = -(-len(body) // _DRIPS) if seconds else len(body)
    for place in range(0, len(body), length):
        if seconds:
            await sleep(seconds / _DRIPS)
        yield body[place : place + length]
    # Blanks after the last element are XML. They are not held in memory.
    for left in range(size - len(body), 0, -len(_BLANKS)):
        yield _BLANKS[:left]
