"""What the gateway is told from outside, read once from the environment into one frozen object."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.gateway.tokens.keys import MAX_TOKEN_SECONDS
from shared.addresses import Proxies, networks


class Settings(BaseSettings):
    """Settings of the gateway. Every field is `SAMRAD_GATEWAY_` and its name in the environment."""

    model_config = SettingsConfigDict(env_prefix="SAMRAD_GATEWAY_", frozen=True, extra="forbid")

    public_url: str = Field(
        description="The address that clients see, without a path. It is the issuer's name, begins every "
        "audience and is what proofs are made for"
    )
    consultation_url: str = Field(description="Where the consultation service is dialled")
    agreements_url: str = Field(description="Where the agreements service is dialled")
    issuer_enabled: bool = Field(
        default=True, description="Issue tokens here; without it only the issuers of SAMRAD_ISSUERS_FILE are trusted"
    )
    clients_file: Path | None = Field(
        default=None, description="The issuer's client registry, JSON; read again when the file changes"
    )
    keys_file: Path | None = Field(
        default=None, description="The issuer's private keys, a JWK set with mode 0600; made when absent"
    )
    replays: Literal["postgres", "memory"] = Field(
        default="postgres", description="Where used assertions and proofs are remembered; memory is for one process"
    )
    database_url: SecretStr | None = Field(
        default=None, description="As the runtime role; for the issuer when replays are in PostgreSQL"
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="As the role that owns the tables; only for ./samrad migrate"
    )
    pool_size: int = Field(default=5, ge=1, le=100, description="Database connections a process keeps")
    allow_demo_clients: bool = Field(
        default=False, description="Start with demo clients although the address is public. For trials only"
    )
    client_requests: int = Field(default=6000, ge=1, description="Requests that a client may make in a window")
    organisation_requests: int = Field(
        default=12_000, ge=1, description="Requests that all clients of an organisation may make together in a window"
    )
    address_requests: int = Field(
        default=600, ge=1, description="Requests without a valid token that a network address may make in a window"
    )
    token_requests: int = Field(
        default=120, ge=1, description="Requests for tokens that a network address may make in a window"
    )
    client_token_requests: int = Field(
        default=60, ge=1, description="Requests for tokens that a client may make in a window, from any address"
    )
    window_seconds: int = Field(default=60, ge=1, description="Length of the window, seconds")
    max_body_bytes: int = Field(default=1024 * 1024, ge=1, description="Largest request body that is forwarded")
    max_file_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1, description="Largest file that is forwarded where an operation takes one"
    )
    client_idle_seconds: float = Field(
        default=15.0, gt=0, description="How long a client may be silent in the middle of its body, seconds"
    )
    head_seconds: float = Field(
        default=10.0, gt=0, description="How long the head of a request may take to arrive, seconds"
    )
    body_seconds: float = Field(
        default=60.0, gt=0, description="How long the body of a request may take to arrive in all, seconds"
    )
    unread_seconds: float = Field(
        default=30.0, gt=0, description="How long a client may leave an answer unread, seconds"
    )
    connections: int = Field(default=4000, ge=1, description="Connections that may be open at once")
    address_connections: int = Field(
        default=200, ge=1, description="Connections that one network address may have open, trusted proxies excepted"
    )
    trusted_proxies: str = Field(
        default="",
        description="Networks of the proxies in front, with commas between, whose X-Forwarded-For is believed",
    )
    hosts: str = Field(
        default="",
        description="Host names that requests may be for, with commas between. Empty: the header is not looked at",
    )
    metrics: bool = Field(default=False, description="Serve /metrics on the port of the gateway too")
    upstream_seconds: float = Field(
        default=40.0, gt=0, description="How long an exchange with a service may take in all, seconds"
    )
    token_seconds: int = Field(default=300, ge=30, le=MAX_TOKEN_SECONDS, description="Life of an access token, seconds")
    operator_organisation: str = Field(
        default="2021002114",
        description="Organisation number of who runs the exchange: the gateway's own questions are asked in its name",
    )
    docs_url: str = Field(default="https://samrad.example/docs", description="Where the documentation is read")

    @field_validator("public_url", "consultation_url", "agreements_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ValueError("give scheme, host and port only, like https://samrad.example")
        return value.rstrip("/")

    @property
    def needs_database(self) -> bool:
        """Whether what has been used is remembered in PostgreSQL. Without an issuer nothing is used here."""
        return self.issuer_enabled and self.replays == "postgres"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        networks(value)
        return value

    def proxies(self) -> Proxies:
        """The proxies in front."""
        return Proxies(networks(self.trusted_proxies))

    def known_hosts(self) -> frozenset[bytes]:
        """What Host may be, in lower case."""
        return frozenset(host.strip().lower().encode() for host in self.hosts.split(",") if host.strip())

    def audiences(self) -> dict[str, str]:
        """The audience of each service, by the name of the service."""
        return {name: f"{self.public_url}/{name}" for name in ("consultation", "agreements")}
