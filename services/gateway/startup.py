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
    return [*faults, *_issuer_faults(settings, local=local)] if settings.issuer_enabled else faults


def _issuer_faults(settings: Settings, *, local: bool) -> list[str]:
    faults = []
    if settings.keys_file is None:
        faults.append("SAMRAD_GATEWAY_KEYS_FILE must be set while tokens are issued here")
    if settings.needs_database and settings.database_url is None:
        faults.append("SAMRAD_GATEWAY_DATABASE_URL must be set, or SAMRAD_GATEWAY_REPLAYS=memory for a single process")
    try:
        clients = registry(settings).all()
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


def registry(settings: Settings) -> ClientRegistry:
    """The client registry. Raises RegistryUnusable."""
    if settings.clients_file is None:
        raise RegistryUnusable("SAMRAD_GATEWAY_CLIENTS_FILE is not set")
    return ClientRegistry(settings.clients_file)


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
