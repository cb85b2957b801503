"""Settings of this service, read once."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """From the environment: `SAMRAD_AGREEMENTS_PUBLIC_URL`.

    `public_url` is the entrance as clients see it, without a path; links in answers begin with it.
    """

    model_config = SettingsConfigDict(env_prefix="SAMRAD_AGREEMENTS_", frozen=True)

    public_url: str = "https://samrad.example"

    @property
    def api_url(self) -> str:
        """Where this API begins."""
        return self.public_url.rstrip("/") + "/agreements/v1"


class Deployment(Settings):
    """What the process is told beside: whose tokens it accepts, its database and its keys."""

    issuer: str = Field(description="Our own issuer, as in the claim iss; it begins the service's audience")
    jwks_url: str | None = Field(
        default=None, description="Where its keys are fetched; without it only those of SAMRAD_ISSUERS_FILE are trusted"
    )
    replays: Literal["postgres", "memory"] = Field(
        default="postgres", description="Where used proofs are remembered; memory is for one process"
    )
    database_url: SecretStr = Field(description="As the runtime role")
    worker_database_url: SecretStr | None = Field(
        default=None, description="As the role of background jobs; needed where they run: SAMRAD_WORKER"
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="As the role that owns the tables; only for ./samrad migrate"
    )
    auditor_database_url: SecretStr | None = Field(
        default=None, description="As the role that reads the whole trail; only for ./samrad audit"
    )
    sealing_key: SecretStr = Field(description="32 bytes in base64: encrypts kept answers")
    marking_key: SecretStr = Field(description="32 bytes in base64: marks values for finding")
    pool_size: int = Field(default=20, ge=1, le=100, description="Database connections a process keeps")
