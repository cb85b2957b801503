"""TLS of a listener of our own, where the client is known by its certificate."""

import hashlib
import ssl
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any


class CertificatesUnfit(Exception):
    """A file of certificates or keys can't be used. The text names the file."""


def mutual_context(certificate_file: Path, key_file: Path, client_ca_file: Path) -> ssl.SSLContext:
    """For a server that lets nobody in without a certificate from `client_ca_file`. All files are PEM.

    TLS 1.2 with forward secrecy, or 1.3. Sessions of 1.3 are not resumed. Those of 1.2 may be for two hours, since
    Python can't turn OpenSSL's cache off: a resumed one has the certificate that it began with, whose own dates are
    then not looked at again. So whether a client may ask is for who answers, at every request.
    Raises CertificatesUnfit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(certificate_file, key_file)
    except (OSError, ssl.SSLError):
        raise CertificatesUnfit(f"{certificate_file} and {key_file} are no certificate with its key") from None
    try:
        context.load_verify_locations(client_ca_file)
    except (OSError, ssl.SSLError):
        raise CertificatesUnfit(f"{client_ca_file} holds no certificates to trust") from None
    return context


def client_fingerprint(scope: MutableMapping[str, Any]) -> str | None:
    """SHA-256 over the client's certificate in DER, 64 hexadecimal digits; None for a connection without one."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", ())
    for certificate in chain:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
    return None
