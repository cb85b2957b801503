"""Clients of the sandbox, for the command line. Apart from the services, which take a second to load."""

from collections.abc import Sequence
from pathlib import Path

import httpx

from services.assembly.environment import CannotStart
from services.gateway.scopes import CATALOGUE
from services.gateway.tokens.demo import DEMO_CLIENTS, demo_identity
from shared.clock import system_clock
from shared.tokens.client import MachineClient


def demo_client(
    name: str,
    home: Path,
    public_url: str,
    http: httpx.Client,
    *,
    on_behalf_of: str | None = None,
    only: Sequence[str] | None = None,
) -> MachineClient:
    """A client whose key lies under `home`, asking for all scopes that it is registered for, or `only` for some.

    `on_behalf_of` is another demo client, or an organisation number, and then it asks for what it may be delegated.
    """
    if name not in DEMO_CLIENTS:
        raise CannotStart(f"no such client: {name}; there are {', '.join(DEMO_CLIENTS)}")
    try:
        identity = demo_identity(home / "clients", name, public_url=public_url)
    except OSError:
        raise CannotStart(f"{home} holds no key for {name}; start the sandbox first: make run") from None
    registered = DEMO_CLIENTS[name]
    wanted = only or (registered.scopes if on_behalf_of is None else registered.delegated_scopes)
    held = [scope for scopes in CATALOGUE.values() for scope in scopes if scope.name in wanted]
    consumer = DEMO_CLIENTS.get(on_behalf_of or "")
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
        on_behalf_of=on_behalf_of if consumer is None else consumer.organisation,
    )
