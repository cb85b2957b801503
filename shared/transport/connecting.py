"""The one case in which a request is sent again by itself: no connection was made, so nothing can have arrived."""

from collections.abc import Awaitable, Callable

from shared.transport.protocol import Answer, ConnectFailed, HandshakeFailed


async def connecting_twice(exchange: Callable[[], Awaitable[Answer]]) -> Answer:
    """Carry out the exchange, and once more when it could not connect. Raises what the latest attempt raised.

    A handshake that failed is not tried again: certificates are the same a moment later.
    """
    try:
        return await exchange()
    except HandshakeFailed:
        raise
    except ConnectFailed:
        return await exchange()
