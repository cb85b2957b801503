"""Settings of the consultation service, read once from the environment (`SAMRAD_CONSULTATION_*`)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything the service needs to be told. Listed with comments in `deploy/env/consultation.env`."""

    model_config = SettingsConfigDict(
        env_prefix="SAMRAD_CONSULTATION_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    public_url: str = Field(description="What clients see, without a path")
    issuer: str = Field(description="Whose tokens are accepted, as in the claim iss")
    jwks_url: str = Field(description="Where the issuer's keys are fetched")
    token_url: str = Field(description="Where the service fetches its own tokens")
    agreements_url: str = Field(description="Where the agreements service is dialled")
    client_id: str = Field(default="consultation", description="The service as a client of the agreements service")
    client_key_file: Path = Field(description="Its private key, a JWK")
    database_url: SecretStr = Field(description="As the runtime role")
    statistics_database_url: SecretStr = Field(description="As the role that reads durations without persons")
    migration_database_url: SecretStr | None = Field(
        default=None, description="As the role that owns the tables; only for ./samrad migrate"
    )
    sealing_key: SecretStr = Field(description="32 bytes in base64: encrypts identity numbers")
    marking_key: SecretStr = Field(description="32 bytes in base64: marks identity numbers for finding")
    ssbtek_url: str = Field(description="Address of the composite service, contract version 10")
    ssbtek_budget_seconds: float = Field(default=30.0, gt=0, le=50, description="How long a look-up may take")
    answering_organisation: str = Field(
        default="2021002114", description="Organisation number of the authority that answers: Arbetsförmedlingen"
    )
    target_hours_information_request: float = Field(
        default=18.0, gt=0, description="Working hours within which an information request is to be answered"
    )
    target_hours_consultation: float = Field(
        default=27.0, gt=0, description="Working hours within which a consultation is to be answered"
    )
    persons_per_handler_and_hour: int = Field(
        default=60, ge=1, description="Different persons that one handler may ask about in an hour"
    )
    persons_per_case_and_day: int = Field(
        default=12, ge=1, description="Different persons that may be asked about in one case in a day"
    )
    pool_size: int = Field(default=20, ge=1, le=100, description="Database connections a process keeps")
