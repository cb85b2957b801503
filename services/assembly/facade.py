"""The facade's listener from the settings of the consultation service."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from services.assembly.environment import CannotStart
from services.consultation.lookups.facade.clients import ClientsUnfit, RegisteredClients
from services.consultation.main import World, create_facade_app
from services.consultation.settings import Settings
from shared.serving import Served
from shared.tls import CertificatesUnfit, mutual_context


@dataclass(frozen=True, slots=True)
class FacadeListener:
    """What has been read from files before anything is started."""

    host: str
    port: int
    public_url: str
    tls: ssl.SSLContext
    clients: RegisteredClients

    def served(self, settings: Settings, world: World) -> Served:
        """The facade, to be served."""
        app = create_facade_app(settings, world, self.clients, public_url=self.public_url)
        return Served("facade", app, self.host, self.port, tls=self.tls)


def facade_listener(settings: Settings, host: str) -> FacadeListener | None:
    """The listener that the settings ask for; None when they ask for none. Raises CannotStart."""
    if settings.facade_port is None:
        return None
    certificate, key, authorities, clients = (
        _named(settings, name) for name in ("certificate_file", "key_file", "client_ca_file", "clients_file")
    )
    try:
        return FacadeListener(
            host=host,
            port=settings.facade_port,
            public_url=settings.facade_public_url or f"https://{host}:{settings.facade_port}",
            tls=mutual_context(certificate, key, authorities),
            clients=RegisteredClients(clients),
        )
    except (CertificatesUnfit, ClientsUnfit) as fault:
        raise CannotStart(str(fault)) from None


def _named(settings: Settings, name: str) -> Path:
    file: Path | None = getattr(settings, f"facade_{name}")
    if file is None:
        raise CannotStart(
            f"SAMRAD_CONSULTATION_FACADE_{name.upper()} is not set, and SAMRAD_CONSULTATION_FACADE_PORT is"
        )
    return file
