"""Settings of the consultation service, read once from the environment (`SAMRAD_CONSULTATION_*`)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ClockSettings(BaseSettings):
    """What counting time needs: the service, and its background jobs wherever they run."""

    model_config = SettingsConfigDict(
        env_prefix="SAMRAD_CONSULTATION_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    answering_organisation: str = Field(
        default="2021002114", description="Organisation number of the authority that answers: Arbetsförmedlingen"
    )
    target_hours_information_request: float = Field(
        default=18.0, gt=0, description="Working hours within which an information request is to be answered"
    )
    target_hours_consultation: float = Field(
        default=27.0, gt=0, description="Working hours within which a consultation is to be answered"
    )
    clock_notices: bool = Field(
        default=True, description="Whether reminders, lapsed pauses and what is overdue are told as events"
    )
    close_answered_after_days: int = Field(
        default=30, ge=0, le=3650, description="Days after which an answer that nobody has closed is closed; 0 is never"
    )


class RetentionSettings(BaseSettings):
    """How long things are kept, for the background jobs and `./samrad retention`."""

    model_config = ClockSettings.model_config

    retention_rules_file: Path | None = Field(
        default=None, description="How long each class of data is kept; without it the rules that are shipped"
    )
    retention_erases: bool = Field(
        default=True, description="Whether background jobs erase what is due; ./samrad retention run does in any case"
    )


class Settings(ClockSettings, RetentionSettings):
    """Everything the service needs to be told. Listed with comments in `deploy/env/consultation.env`."""

    public_url: str = Field(description="What clients see, without a path")
    issuer: str = Field(description="Our own issuer, as in the claim iss; it begins the service's audience")
    jwks_url: str | None = Field(
        default=None, description="Where its keys are fetched; without it only those of SAMRAD_ISSUERS_FILE are trusted"
    )
    replays: Literal["postgres", "memory"] = Field(
        default="postgres", description="Where used proofs are remembered; memory is for one process"
    )
    token_url: str = Field(description="Where the service fetches its own tokens")
    token_issuer: str = Field(default="", description="Who issues those, when it is not our own issuer")
    public_token_url: str = Field(
        default="", description="What proofs sent there are made for; empty means the issuer and /oauth/token"
    )
    agreements_audience: str = Field(
        default="", description="The agreements service's audience there; empty means the issuer and /agreements"
    )
    agreements_url: str = Field(description="Where the agreements service is dialled")
    client_id: str = Field(default="consultation", description="The service as a client of the agreements service")
    client_key_file: Path = Field(description="Its private key, a JWK")
    database_url: SecretStr = Field(description="As the runtime role")
    statistics_database_url: SecretStr = Field(description="As the role that reads durations without persons")
    worker_database_url: SecretStr | None = Field(
        default=None, description="As the role of background jobs; needed where they run: SAMRAD_WORKER"
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="As the role that owns the tables; only for ./samrad migrate"
    )
    auditor_database_url: SecretStr | None = Field(
        default=None, description="As the role that reads the whole trail; only for ./samrad audit"
    )
    sealing_key: SecretStr = Field(description="32 bytes in base64: encrypts identity numbers")
    marking_key: SecretStr = Field(description="32 bytes in base64: marks identity numbers for finding")
    ssbtek_url: str = Field(description="Address of the composite service")
    ssbtek_version: Literal["10", "11"] = Field(default="10", description="Contract version that is spoken there")
    answers_kept_minutes: int = Field(
        default=60, ge=1, le=1440, description="How long what sources said is kept when another has failed"
    )
    drafts_kept_days: int = Field(
        default=14, ge=1, le=90, description="How long a handler's draft of an answer is kept after she last saved it"
    )
    household_concurrency: int = Field(
        default=4, ge=1, le=12, description="Persons of a household that are asked about at the same time"
    )
    ssbtek_connect_seconds: float = Field(
        default=5.0, gt=0, le=30, description="How long SSBTEK may take to be connected to, each of two attempts"
    )
    ssbtek_budget_seconds: float = Field(default=28.0, gt=0, le=50, description="How long SSBTEK may take to answer")
    lookup_budget_seconds: float = Field(
        default=30.0, gt=0, le=55, description="How long the sources of a look-up may take in all"
    )
    ssbtek_client_certificate_file: Path | None = Field(
        default=None, description="The certificate shown to SSBTEK for tenants without one of their own, PEM"
    )
    ssbtek_client_key_file: Path | None = Field(
        default=None, description="Its private key; without it the key lies in the certificate's file"
    )
    ssbtek_ca_file: Path | None = Field(
        default=None, description="Authorities that SSBTEK's certificate may come from, beside the public ones"
    )
    certificates_directory: Path | None = Field(
        default=None, description="Where tenants' own certificates lie, each with its key in <reference>.pem"
    )
    breaker_failures: int = Field(default=5, ge=1, description="Failures in a row that open a circuit")
    breaker_failure_share: float = Field(
        default=0.5, gt=0, le=1, description="The share of failures in the window that opens one"
    )
    breaker_least_calls: int = Field(default=20, ge=1, description="Questions in the window before a share counts")
    breaker_window_seconds: float = Field(default=60.0, ge=1, le=3600, description="The window of the share")
    breaker_probe_seconds: float = Field(
        default=15.0, ge=2, le=600, description="How often an environment is probed while its circuit is open"
    )
    rest_sources_file: Path | None = Field(
        default=None, description="Sources that are asked by JSON APIs of their own; without it all are asked by SSBTEK"
    )
    small_numbers_below: int = Field(
        default=5, ge=2, le=100, description="Fewer answers of others than this are not told in figures"
    )
    persons_per_handler_and_hour: int = Field(
        default=60, ge=1, description="Different persons that one handler may ask about in an hour"
    )
    persons_per_case_and_day: int = Field(
        default=12, ge=1, description="Different persons that may be asked about in one case in a day"
    )
    pool_size: int = Field(default=20, ge=1, le=100, description="Database connections a process keeps")
    attachments_directory: Path = Field(description="Where the contents of attachments are kept, sealed")
    attachment_file_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1, le=50 * 1024 * 1024, description="The largest attachment"
    )
    attachment_files: int = Field(default=20, ge=1, le=100, description="Attachments in one consultation")
    attachment_consultation_bytes: int = Field(
        default=50 * 1024 * 1024, ge=1, description="Bytes of all attachments in one consultation"
    )
    attachment_day_bytes: int = Field(
        default=5 * 1024 * 1024 * 1024, ge=1, description="Bytes of attachments that an organisation may give in a day"
    )
    scanner: str = Field(
        default="", description="The virus scanner that attachments wait for: tcp://host:port or unix:///path"
    )
    webhook_this_machine: bool = Field(
        default=False, description="Whether http://127.0.0.1 may receive webhooks: the sandbox alone"
    )
    webhook_mail_host: str = Field(
        default="", description="Mail server by which contacts of webhooks are told; empty means they are not"
    )
    webhook_mail_port: int = Field(default=25, ge=1, le=65535, description="Its port")
    webhook_mail_sender: str = Field(
        default="samrad@localhost.localdomain", description="The address that such mail comes from"
    )
    facade_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Where the facade for SSBTEK's clients listens; without it there is none",
    )
    facade_public_url: str = Field(
        default="", description="Its address as clients see it, without a path; empty means the host and port it has"
    )
    facade_certificate_file: Path | None = Field(default=None, description="Its certificate chain, PEM")
    facade_key_file: Path | None = Field(default=None, description="The private key of that certificate, PEM")
    facade_client_ca_file: Path | None = Field(
        default=None, description="The authorities whose client certificates are let in, PEM"
    )
    facade_clients_file: Path | None = Field(
        default=None, description="Which certificates are registered, and for whom; JSON"
    )


class WorkerSettings(BaseSettings):
    """What background jobs need of it, in whichever process they run."""

    model_config = Settings.model_config

    public_url: str
    sealing_key: SecretStr
    marking_key: SecretStr
    attachments_directory: Path
    scanner: str = ""
    webhook_this_machine: bool = False
    webhook_mail_host: str = ""
    webhook_mail_port: int = Field(default=25, ge=1, le=65535)
    webhook_mail_sender: str = "samrad@localhost.localdomain"
