"""What must hold before the gateway starts on an address."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from services.gateway.scopes import all_scope_names
from services.gateway.settings import Settings
from services.gateway.tokens.clients import ClientRegistry, RegistryUnusable


def startup_faults(settings: Settings, host: str) -> list[str]:
    """Why the gateway must not start, told for people; empty when it may. `host` is the address to bind."""
    local = _is_loopback(host) and _is_loopback(urlsplit(settings.public_url).hostname or "")
    faults = [] if local else _public_faults(settings)
    try:
        clients = ClientRegistry(settings.clients_file).all()
    except RegistryUnusable as fault:
        return [*faults, str(fault)]
    if not local and not settings.allow_demo_clients and any(c.demo and not c.disabled for c in clients):
        faults.append(
            f"{settings.clients_file} holds demo clients, whose keys anyone may have, and the address is public. "
            "Remove or disable them"
        )
    known = frozenset(all_scope_names())
    faults += [
        f"client {c.client_id} has a scope that does not exist"
        for c in clients
        if not (c.scopes | c.delegated_scopes) <= known
    ]
    return faults


def _public_faults(settings: Settings) -> list[str]:
    if settings.public_url.startswith("https://"):
        return []
    return ["SAMRAD_GATEWAY_PUBLIC_URL must begin with https:// when the address is public"]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
