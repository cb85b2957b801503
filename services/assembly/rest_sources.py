"""The sources that are asked by JSON APIs of their own, from the file of SAMRAD_CONSULTATION_REST_SOURCES_FILE."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from services.assembly.environment import CannotStart, read_file
from services.assembly.sources import READING_SECONDS, probe_seconds
from services.consultation.lookups.sources.breaker import Breaker, BreakerPolicy
from services.consultation.lookups.sources.domain import Source, SourceCode
from services.consultation.lookups.sources.environment import Environment, watched
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.rest.probe import RestProbe, source_failed
from services.consultation.lookups.sources.rest.source import RestApi, RestSource
from services.sandbox import LOOPBACK
from shared.clock import Clock
from shared.tokens.client import ClientIdentity, ServiceTokens
from shared.tokens.jose import FAPI_ALGORITHMS, accepted_algorithms
from shared.transport.protocol import Transport


def _secured(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("is no address without user, query and fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://")
    return value


Address = Annotated[str, AfterValidator(_secured)]


class RestSourceEntry(BaseModel):
    """One source, as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: Address = Field(description="Where the question is posted")
    token_url: Address = Field(alias="tokenUrl", description="Where its tokens are fetched")
    issuer: str = Field(min_length=1, description="The issuer's name, which assertions are made for")
    client_id: str = Field(alias="clientId", min_length=1)
    key_file: str = Field(alias="keyFile", min_length=1, description="Our private key there, a JWK")
    scope: str = Field(description="The scopes to ask for, with blanks between")
    resource: str | None = Field(default=None, description="The API's name at the issuer; without it its url")
    bound: bool = Field(default=True, description="Tokens bound to the key (DPoP); false for plain bearer tokens")
    timeout_seconds: float = Field(default=10.0, alias="timeoutSeconds", gt=0, le=50)
    max_answer_bytes: int = Field(default=1024 * 1024, alias="maxAnswerBytes", ge=1024, le=16 * 1024 * 1024)


class RestSourcesFile(RootModel[dict[SourceCode, RestSourceEntry]]):
    """The whole file: a member for each source."""


@dataclass(frozen=True, slots=True)
class RestAssembly:
    """What sources of their own are put together with. `longest_seconds` is how long a look-up may take in all."""

    transport: Transport
    http: httpx.AsyncClient
    clock: Clock
    health: SourceHealth
    policy: BreakerPolicy
    longest_seconds: float


def rest_environments(path: Path | None, parts: RestAssembly) -> list[Environment]:
    """The sources that the file names, each with a breaker of its own; none without a file. Raises CannotStart."""
    return [_environment(code, entry, parts) for code, entry in _entries(path).items()]


def _entries(path: Path | None) -> Mapping[SourceCode, RestSourceEntry]:
    if path is None:
        return {}
    return read_file(path, RestSourcesFile, "a file of REST sources (see docs/rest-sources.md)").root


def _environment(code: SourceCode, entry: RestSourceEntry, parts: RestAssembly) -> Environment:
    if entry.timeout_seconds + READING_SECONDS >= parts.longest_seconds:
        raise CannotStart(
            f"{code}.timeoutSeconds must be more than {READING_SECONDS:g} s shorter than "
            "SAMRAD_CONSULTATION_LOOKUP_BUDGET_SECONDS"
        )
    return watched(
        f"rest-{code.lower()}",
        (code,),
        _source(code, entry, parts.transport, parts.http, parts.clock),
        Breaker(parts.policy, parts.clock),
        RestProbe(code, parts.transport, entry.url, parts.clock, timeout_seconds=probe_seconds(parts.policy)),
        parts.health,
        parts.clock,
        budget_seconds=entry.timeout_seconds + READING_SECONDS,
        failed=source_failed,
    )


def _source(
    code: SourceCode, entry: RestSourceEntry, transport: Transport, http: httpx.AsyncClient, clock: Clock
) -> Source:
    identity = ClientIdentity(
        client_id=entry.client_id,
        key=_private_key(code, Path(entry.key_file)),
        issuer=entry.issuer,
        token_url=entry.token_url,
        public_token_url=entry.token_url,
    )
    tokens = ServiceTokens(
        identity, http, clock, resource=entry.resource or entry.url, scopes=entry.scope.split(), bound=entry.bound
    )
    api = RestApi(code, entry.url, entry.timeout_seconds, entry.max_answer_bytes)
    return RestSource(api, transport, tokens, clock)


def _private_key(code: SourceCode, file: Path) -> Key:
    unfit = CannotStart(f"{code}.keyFile: {file} cannot be read as a private key (JWK)")
    try:
        key = import_key(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        raise unfit from None
    if not key.is_private or not accepted_algorithms(key, FAPI_ALGORITHMS):
        raise unfit
    return key
