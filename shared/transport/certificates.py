"""Certificates in files: what we show of ourselves in TLS, and whom we trust beside the public authorities.

A fault names no path and quotes no content: it may end up where those who ask for help paste it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_MAX_BYTES = 100_000


class UnusableCertificate(Exception):
    """Why a certificate can't be used: missing, unreadable, without its key, or past its time."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its private key and the chain that follows it, as one PEM text."""

    pem: bytes = field(repr=False)
    subject: str
    valid_from: datetime
    valid_to: datetime

    def require_valid(self, now: datetime) -> None:
        """Raises UnusableCertificate outside its days."""
        if now < self.valid_from:
            raise UnusableCertificate("the certificate is not valid yet")
        if now >= self.valid_to:
            raise UnusableCertificate("the certificate has expired")


@dataclass(frozen=True, slots=True)
class Trust:
    """Authorities that are trusted beside the public ones, as DER."""

    authorities: tuple[bytes, ...]


def read_client_certificate(certificate_file: Path, key_file: Path | None = None) -> ClientCertificate:
    """The certificate, and its key from `key_file` or else from the same file; unencrypted PEM.

    Raises UnusableCertificate.
    """
    content = _content(certificate_file)
    key_content = content if key_file is None else _content(key_file)
    try:
        key = load_pem_private_key(key_content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableCertificate("no private key, unencrypted and in PEM, was found") from None
    chain = _certificates(content)
    own = chain[0]
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise UnusableCertificate("the private key is not that of the first certificate")
    # Written anew: what else the file holds, such as other keys and comments, goes no further.
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in chain)
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ClientCertificate(pem, own.subject.rfc4514_string(), own.not_valid_before_utc, own.not_valid_after_utc)


def read_trust(file: Path) -> Trust:
    """The authorities of a PEM file. Raises UnusableCertificate."""
    return Trust(tuple(each.public_bytes(Encoding.DER) for each in _certificates(_content(file))))


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
    except OSError:
        raise UnusableCertificate("the file cannot be read") from None
    if len(content) > _MAX_BYTES:
        raise UnusableCertificate("the file is too large to be a certificate")
    return content


def _certificates(content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise UnusableCertificate("no certificate in PEM was found") from None
