"""Throwaway certificates and their authorities, made for a test and valid around a day of its choosing."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the DER form, in hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def key_pem(self) -> bytes:
        """The private key alone."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def write(self, file: Path) -> Path:
        """Both in one file."""
        file.write_bytes(self.pem + self.key_pem)
        return file


def authority(name: str, by: Issued | None = None) -> Issued:
    """One that may issue: a root, or below another."""
    return _made(name, by, (_day(-1), _day(30)), issues=True)


def issued(
    name: str,
    by: Issued,
    *,
    first: datetime | None = None,
    last: datetime | None = None,
    private: ec.EllipticCurvePrivateKey | None = None,
) -> Issued:
    """A certificate for loopback addresses, to serve and to show as a client. Now and on a new key unless told."""
    return _made(name, by, (first or _day(-1), last or _day(30)), private=private)


def _day(away: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=away)


def _made(
    name: str,
    by: Issued | None,
    days: tuple[datetime, datetime],
    *,
    issues: bool = False,
    private: ec.EllipticCurvePrivateKey | None = None,
) -> Issued:
    private = private or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(days[0])
        .not_valid_after(days[1])
        .add_extension(x509.BasicConstraints(ca=issues, path_length=None), critical=True)
    )
    if not issues:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign(by.private if by else private, hashes.SHA256()), private)
