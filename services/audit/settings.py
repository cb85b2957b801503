"""Settings of sealing, the same for both trails (`SAMRAD_AUDIT_*`). Only the process that seals has the key."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


class TrailTime(BaseSettings):
    """How long the trails are kept, for who only needs to know that."""

    model_config = SettingsConfigDict(
        env_prefix="SAMRAD_AUDIT_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    retention_years: int = Field(default=5, ge=1, le=100, description="When the text of an entry in a trail is erased")


class Settings(TrailTime):
    """Listed with comments in `deploy/env/audit.env`."""

    origin: str = Field(
        default="samrad", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Names this instance in its checkpoints"
    )
    checkpoint_directory: Path = Field(description="Where the files of checkpoints are; outside the database")
    checkpoint_key_file: Path = Field(description="The key that signs them, a private JWK on P-256")
    checkpoint_copies: str = Field(default="", description="Further directories, with a colon between")
    checkpoint_webhook_url: str = Field(default="", description="Where each checkpoint is posted to the counterpart")

    @property
    def copies(self) -> list[Path]:
        """The further directories."""
        return [Path(each) for each in self.checkpoint_copies.split(":") if each]

    @field_validator("checkpoint_webhook_url")
    @classmethod
    def _encrypted(cls, url: str) -> str:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if url and not plain and (parts.scheme != "https" or not parts.hostname):
            raise ValueError("must be https, unless the host is this machine")
        return url
