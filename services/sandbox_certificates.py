"""Certificates of the sandbox's own: an authority that nobody else trusts, a server on loopback, and one client.

For trying out and for tests. Nothing here is fit for what others can reach.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_YEARS = timedelta(days=5 * 365)
_CLOCKS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key, both PEM. `fingerprint` is SHA-256 over the DER form, in hexadecimal."""

    certificate: bytes
    key: bytes
    fingerprint: str


class Authority:
    """Issues certificates on P-256 while it lives; `certificate` is its own in PEM. Its key is never written."""

    def __init__(self, name: str = "Samråd sandbox") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        built = (
            self._begun(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, SHA256())
        )
        self.certificate = built.public_bytes(Encoding.PEM)

    def server(self, *addresses: str) -> Credential:
        """For a server at these IP addresses, and at `localhost`."""
        names: list[x509.GeneralName] = [x509.DNSName("localhost")]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        return self._issued("localhost", ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, name: str) -> Credential:
        """For a client."""
        return self._issued(name, ExtendedKeyUsageOID.CLIENT_AUTH, [x509.DNSName(f"{name}.invalid")])

    def _issued(self, name: str, use: x509.ObjectIdentifier, names: list[x509.GeneralName]) -> Credential:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        built = (
            self._begun(subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(issuer_id, critical=False)
            .sign(self._key, SHA256())
        )
        return Credential(
            certificate=built.public_bytes(Encoding.PEM),
            key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            fingerprint=hashlib.sha256(built.public_bytes(Encoding.DER)).hexdigest(),
        )

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCKS)
            .not_valid_after(now + _YEARS)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
