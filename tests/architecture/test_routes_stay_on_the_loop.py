"""No route, and nothing that a route depends on, is carried out in another thread.

FastAPI sends plain functions to a pool of threads: two changes of thread for each request, and in between a busy loop
keeps the interpreter for milliseconds. What takes long is sent there by whoever knows that it does.
"""

from collections.abc import Callable, Iterable, Iterator
from inspect import iscoroutinefunction
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.agreements import main as agreements
from services.consultation import main as consultation

ROUTERS = {"consultation": consultation._ROUTERS, "agreements": agreements.ROUTERS}


def depended_on(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """What is called before the route, however far in, and the route."""
    for each in dependant.dependencies:
        yield from depended_on(each)
    assert dependant.call is not None
    yield dependant.call


def threaded(routers: Iterable[APIRouter]) -> set[str]:
    """The paths that something is carried out in another thread for."""
    return {
        route.path
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for call in depended_on(route.dependant)
        if not (iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__))
    }


def test_every_route_stays_on_the_loop() -> None:
    assert {service: threaded(routers) for service, routers in ROUTERS.items()} == {
        service: set() for service in ROUTERS
    }


def test_a_plain_function_anywhere_would_be_found() -> None:
    def plain() -> int:
        return 1

    async def between(one: Annotated[int, Depends(plain)]) -> int:
        return one

    async def on_the_loop(one: Annotated[int, Depends(between)]) -> int:
        return one

    router = APIRouter()
    router.get("/plain")(plain)
    router.get("/deep")(on_the_loop)

    assert threaded([router]) == {"/plain", "/deep"}
