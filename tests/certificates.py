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
    def key_pem(self) -> bytes:
        """The private key alone."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def write(self, file: Path) -> Path:
        """Both in one file."""
        file.write_bytes(self.pem + self.key_pem)
        return file


def authority(name: str) -> Issued:
    """A root that may issue."""
    return _made(name, None, _day(-1), _day(30))


def issued(name: str, by: Issued, *, first: datetime | None = None, last: datetime | None = None) -> Issued:
    """A certificate for loopback addresses, to serve and to show as a client; valid now unless told."""
    return _made(name, by, first or _day(-1), last or _day(30))


def _day(away: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=away)


def _made(name: str, by: Issued | None, first: datetime, last: datetime) -> Issued:
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by is not None:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign(by.private if by else private, hashes.SHA256()), private)
