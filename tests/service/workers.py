"""More processes of a service beside the product that runs: other memories, the same databases and settings."""

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from unittest import mock

from services.assembly import agreements, consultation, gateway
from shared.clock import Clock
from shared.http.guard import App
from shared.serving import Served
from tests.exchange import free_ports
from tests.serving import serving_in_thread

_BUILDERS: dict[str, Callable[[AsyncExitStack, Clock], Awaitable[App]]] = {
    "consultation": consultation.build,
    "agreements": agreements.build,
    "gateway": partial(gateway.build, host="127.0.0.1"),
}


@contextmanager
def workers(
    names: Sequence[str], clock: Clock, more: Mapping[str, str] | None = None, without: Sequence[str] = ()
) -> Iterator[list[str]]:
    """The services, built from the environment with `more` in it and served; answers where each is dialled.

    A name may occur twice: those are two workers of one service.
    """
    port = free_ports(len(names))

    async def build(stack: AsyncExitStack) -> list[Served]:
        with mock.patch.dict(os.environ, more or {}):
            for name in without:
                os.environ.pop(name, None)
            return [
                Served(name, await _BUILDERS[name](stack, clock), "127.0.0.1", port + place)
                for place, name in enumerate(names)
            ]

    with serving_in_thread(build):
        yield [f"http://127.0.0.1:{port + place}" for place in range(len(names))]
