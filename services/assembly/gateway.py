"""The gateway from the environment, and clients of it."""

from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from services.assembly.environment import CannotStart, read_settings
from services.gateway.main import create_app
from services.gateway.scopes import CATALOGUE
from services.gateway.settings import Settings
from services.gateway.startup import startup_faults
from services.gateway.tokens.demo import DEMO_CLIENTS, demo_identity
from shared.clock import Clock, system_clock
from shared.connections import ConnectionLimits
from shared.http.guard import App
from shared.tokens.client import MachineClient
from shared.tokens.replay import InProcessReplayStore


async def build(_: AsyncExitStack, clock: Clock, *, host: str) -> App:
    """The gateway as an application."""
    settings = read_settings(Settings)
    if faults := startup_faults(settings, host):
        raise CannotStart("the gateway must not start:\n  " + "\n  ".join(faults))
    return create_app(settings, clock=clock, replays=InProcessReplayStore())


def connection_limits() -> ConnectionLimits:
    """What a connection to the gateway may take. The services behind are reached by the gateway alone."""
    settings = read_settings(Settings)
    return ConnectionLimits(
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        unread_seconds=settings.unread_seconds,
        connections=settings.connections,
        per_address=settings.address_connections,
        proxies=settings.proxies(),
    )


def demo_client(name: str, home: Path, public_url: str, http: httpx.Client) -> MachineClient:
    """A client whose key lies under `home`, asking for all scopes that it is registered for."""
    if name not in DEMO_CLIENTS:
        raise CannotStart(f"no such client: {name}; there are {', '.join(DEMO_CLIENTS)}")
    try:
        identity = demo_identity(home / "clients", name, public_url=public_url)
    except OSError:
        raise CannotStart(f"{home} holds no key for {name}; start the sandbox first: make run") from None
    held = [scope for scopes in CATALOGUE.values() for scope in scopes if scope.name in DEMO_CLIENTS[name].scopes]
    return MachineClient(
        identity,
        http,
        system_clock,
        resources={f"/{service}/": f"{public_url}/{service}" for service in CATALOGUE},
        scopes={
            f"{public_url}/{service}": [scope.name for scope in scopes if scope in held]
            for service, scopes in CATALOGUE.items()
        },
        bound=not all(scope.bearer_allowed for scope in held),
    )
