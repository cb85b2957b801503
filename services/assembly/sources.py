"""The environments that look-ups are sent to, from the settings of consultation."""

import ipaddress
from contextlib import AsyncExitStack
from datetime import timedelta
from urllib.parse import urlsplit

from services.assembly.environment import CannotStart
from services.consultation.lookups.sources.breaker import Breaker, BreakerPolicy
from services.consultation.lookups.sources.by_certificate import ByCertificate
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.environment import Environment, watched
from services.consultation.lookups.sources.health import SourceHealth
from services.consultation.lookups.sources.ssbtek.client import SsbtekSource
from services.consultation.lookups.sources.ssbtek.probe import SsbtekProbe
from services.consultation.lookups.sources.ssbtek.versions import VERSIONS
from services.consultation.settings import Settings
from services.consultation.tenants.certificates import certificate_file
from shared.clock import Clock
from shared.transport.certificates import (
    ClientCertificate,
    Trust,
    UnusableCertificate,
    read_client_certificate,
    read_trust,
)
from shared.transport.lending import CertificateFiles, TransportsByCertificate
from shared.transport.protocol import Transport
from shared.transport.pyreqwest_transport import PyreqwestTransport

_MAX_ANSWER_BYTES = 4 * 1024 * 1024
READING_SECONDS = 1.0
"""Added to a source's time-out: what arrives at the last moment is to be read too."""
_PREFIX = "SAMRAD_CONSULTATION_"


def make_ssbtek(
    settings: Settings, codes: tuple[SourceCode, ...], stack: AsyncExitStack, health: SourceHealth, clock: Clock
) -> Environment:
    """SSBTEK: `codes` in one call. Raises CannotStart when its settings can't be meant."""
    _require_secure(settings.ssbtek_url, f"{_PREFIX}SSBTEK_URL")
    if settings.ssbtek_budget_seconds + READING_SECONDS >= settings.lookup_budget_seconds:
        raise CannotStart(
            f"{_PREFIX}SSBTEK_BUDGET_SECONDS must be more than {READING_SECONDS:g} s shorter than "
            f"{_PREFIX}LOOKUP_BUDGET_SECONDS"
        )
    version = VERSIONS[settings.ssbtek_version]
    transports = _transports(settings, clock)
    stack.push_async_callback(transports.close)

    def on(transport: Transport) -> SsbtekSource:
        return SsbtekSource(
            transport,
            settings.ssbtek_url,
            version,
            clock,
            timeout_seconds=settings.ssbtek_budget_seconds,
            max_answer_bytes=_MAX_ANSWER_BYTES,
        )

    return watched(
        "ssbtek",
        codes,
        ByCertificate(transports.lend, on),
        Breaker(breaker_policy(settings), clock),
        SsbtekProbe(
            transports.lend,
            settings.ssbtek_url,
            version,
            clock,
            timeout_seconds=probe_seconds(breaker_policy(settings)),
        ),
        health,
        clock,
        budget_seconds=settings.ssbtek_budget_seconds + READING_SECONDS,
    )


def probe_seconds(policy: BreakerPolicy) -> float:
    """How long a probe may take: callers of the probe wait for it, and the next one is due after the interval."""
    return min(10.0, policy.probe_every.total_seconds())


def breaker_policy(settings: Settings) -> BreakerPolicy:
    """When a circuit opens: the same for every environment."""
    return BreakerPolicy(
        consecutive_failures=settings.breaker_failures,
        failure_share=settings.breaker_failure_share,
        least_calls=settings.breaker_least_calls,
        window=timedelta(seconds=settings.breaker_window_seconds),
        probe_every=timedelta(seconds=settings.breaker_probe_seconds),
    )


def _transports(settings: Settings, clock: Clock) -> TransportsByCertificate:
    own = _own_certificate(settings, clock)
    trust = _trust(settings)

    def make(certificate: ClientCertificate | None) -> PyreqwestTransport:
        return PyreqwestTransport(
            read_seconds=settings.ssbtek_budget_seconds,
            connect_seconds=settings.ssbtek_connect_seconds,
            certificate=certificate,
            trust=trust,
        )

    def files(reference: str | None) -> CertificateFiles | None:
        if reference is None:
            return own
        return CertificateFiles(certificate_file(settings.certificates_directory, reference))

    return TransportsByCertificate(make, files, clock)


def _own_certificate(settings: Settings, clock: Clock) -> CertificateFiles | None:
    """Read once at start, so that a file that can't be used is told of then and not by the first look-up."""
    file, key = settings.ssbtek_client_certificate_file, settings.ssbtek_client_key_file
    if file is None:
        if key is not None:
            raise CannotStart(f"{_PREFIX}SSBTEK_CLIENT_KEY_FILE needs {_PREFIX}SSBTEK_CLIENT_CERTIFICATE_FILE")
        return None
    try:
        read_client_certificate(file, key).require_valid(clock())
    except UnusableCertificate as fault:
        raise CannotStart(f"{_PREFIX}SSBTEK_CLIENT_CERTIFICATE_FILE: {fault}") from None
    return CertificateFiles(file, key)


def _trust(settings: Settings) -> Trust | None:
    if settings.ssbtek_ca_file is None:
        return None
    try:
        return read_trust(settings.ssbtek_ca_file)
    except UnusableCertificate as fault:
        raise CannotStart(f"{_PREFIX}SSBTEK_CA_FILE: {fault}") from None


def _require_secure(url: str, name: str) -> None:
    """Identity numbers travel to it: plain HTTP is for a simulator on the same machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return
    raise CannotStart(f"{name} must begin with https://; http:// is for loopback addresses only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
