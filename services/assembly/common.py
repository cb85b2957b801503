"""What assembling any service needs: keys, an HTTP client, a gatekeeper."""

import base64
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import httpx

from services.assembly.environment import CannotStart, issuers_file, security_profile
from services.assembly.issuers import fetch_document, read_issuers, trusted_issuers
from shared.clock import Clock
from shared.database.engine import Database
from shared.tokens.acting import ActingCheck
from shared.tokens.caller import Gatekeeper
from shared.tokens.keys import RemoteKeys
from shared.tokens.replay import InProcessReplayStore, ReplayStore
from shared.tokens.replay_postgres import PostgresReplayStore
from shared.tokens.verifier import TokenVerifier, TrustedIssuer

ACTOR_HEADER = "Samrad-Handler"
# Shorter than the servers keep a connection, so that no request meets a closing one.
LIMITS = httpx.Limits(keepalive_expiry=4)


def vault_key(secret: str, name: str) -> bytes:
    """32 bytes from base64. Raises CannotStart."""
    try:
        key = base64.b64decode(secret, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise CannotStart(f"{name} must be 32 bytes in base64: openssl rand -base64 32")
    return key


def http_client() -> httpx.AsyncClient:
    """For questions between services."""
    return httpx.AsyncClient(timeout=10, limits=LIMITS, trust_env=False)


class TokenSettings(Protocol):
    """What a service is told about tokens."""

    @property
    def public_url(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def jwks_url(self) -> str | None: ...
    @property
    def replays(self) -> Literal["postgres", "memory"]: ...


def make_gatekeeper(
    service: str,
    settings: TokenSettings,
    database: Database,
    http: httpx.AsyncClient,
    clock: Clock,
    *,
    acting: ActingCheck,
) -> Gatekeeper:
    """The gatekeeper of a service: our own issuer's tokens, unless its keys have no address, and the external ones'.
    `acting` tells who may act for another.

    Raises CannotStart when nobody would be trusted.
    """
    trusted = {each.name: each for each in external_issuers(http, settings.issuer)[service]}
    if address := settings.jwks_url:
        keys = RemoteKeys(lambda: fetch_document(http, address))
        trusted[settings.issuer] = TrustedIssuer(settings.issuer, keys)
    if not trusted:
        raise CannotStart(f"no issuer is trusted: set SAMRAD_{service.upper()}_JWKS_URL or SAMRAD_ISSUERS_FILE")
    return Gatekeeper(
        TokenVerifier(trusted, frozenset((f"{settings.issuer}/{service}",))),
        replay_store(settings.replays, database),
        clock,
        public_url=settings.public_url,
        actor_header=ACTOR_HEADER,
        acting=acting,
    )


def external_issuers(http: httpx.AsyncClient, own: str) -> Mapping[str, Sequence[TrustedIssuer]]:
    """By service, the issuers of the file that the environment names. Raises CannotStart."""
    path = issuers_file()
    return trusted_issuers(read_issuers(path, security_profile(), own) if path else (), http)


def replay_store(kind: Literal["postgres", "memory"], database: Database | None) -> ReplayStore:
    """Where what has been used is remembered: for all processes in the database, or for this one alone."""
    if kind == "postgres" and database is not None:
        return PostgresReplayStore(database)
    return InProcessReplayStore()
