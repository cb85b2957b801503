"""TLS in front of a connection: its handshake is counted and timed like everything after it.

What asyncio makes of a listener with TLS lets a handshake wait a minute, uncounted, before the connection begins to
exist. Here the door knows of it from the start.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from uvicorn.protocols.utils import get_remote_addr

from shared.addresses import counted
from shared.connections import Connection, ConnectionLimits, Door


def secured_protocol_of(
    name: str, limits: ConnectionLimits, type_base: str, tls: ssl.SSLContext
) -> type[asyncio.Protocol]:
    """What uvicorn makes a connection with where a handshake comes first. `type_base` begins the problem types."""
    return cast(type[asyncio.Protocol], partial(Handshake, Door(name, limits, type_base), tls))


class Handshake(asyncio.Protocol):
    """A connection that has been accepted and is not secured yet. One that fails is ended without a word of ours."""

    def __init__(self, door: Door, tls: ssl.SSLContext, **given: Any) -> None:
        self._connection = _SecuredConnection(door=door, begins=self._end, **given)
        self.loop = self._connection.loop
        self._door, self._tls = door, tls
        self._since, self._address = door.tick, "unknown"
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        accepted = cast(asyncio.Transport, transport)
        host = (get_remote_addr(accepted) or ("unknown", 0))[0]
        self._address = counted(host)
        # The server ends what it knows of when it stops.
        self._known.add(self)
        if self._door.enter(self, self._address, host) is None:
            # uvloop begins to read when this returns, so the transport is left and its socket kept.
            self._task = self.loop.create_task(self._shake(accepted.get_extra_info("socket").dup()))
        else:
            self._end()
        accepted.abort()

    async def _shake(self, accepted: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(
                lambda: self._connection,
                accepted,
                ssl=self._tls,
                # The door is earlier; this is for who neither sends nor reads.
                ssl_handshake_timeout=2 * self._door.limits.head_seconds,
            )
        except (OSError, asyncio.CancelledError):
            # A scanner, a wrong certificate, a slow client: nothing that could be told is known.
            self._door.metrics.refused("tls_handshake")
            accepted.close()
            self._end()

    def _end(self) -> None:
        self._task = None
        self._known.discard(self)
        self._door.leave(self, self._address)

    @property
    def _known(self) -> set[Any]:
        return cast(set[Any], self._connection.connections)

    def look_at_the_clock(self) -> None:
        """End it when its time is over."""
        if self._door.tick - self._since > self._door.ticks(self._door.limits.head_seconds):
            self.shutdown()

    def shutdown(self) -> None:
        """End it now."""
        if self._task is not None:
            self._task.cancel()


class _SecuredConnection(Connection):
    """A connection whose requests tell the client's certificate, in the TLS extension of ASGI.

    `begins` is called when the handshake is over and the connection is about to be counted itself.
    """

    def __init__(self, *args: Any, begins: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begins = begins
        self._certificates: tuple[str, ...] = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._begins()
        secured: ssl.SSLObject = transport.get_extra_info("ssl_object")
        if certificate := secured.getpeercert(binary_form=True):
            self._certificates = (ssl.DER_cert_to_PEM_cert(certificate),)
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # In PEM, as the extension has it: the client's own, without those who vouch for it.
        cast(dict[str, Any], self.scope)["extensions"] = {"tls": {"client_cert_chain": self._certificates}}
