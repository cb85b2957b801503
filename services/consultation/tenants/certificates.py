"""Where a tenant's own client certificate lies: the profile holds a reference, never the file."""

import re
from pathlib import Path

from shared.transport.certificates import UnusableCertificate

REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""Lower-case letters, digits and hyphens, so that no reference leads out of the directory."""


def certificate_file(directory: Path | None, reference: str) -> Path:
    """`<reference>.pem`, with certificate and key. Raises UnusableCertificate when there can be none."""
    if directory is None or REFERENCE.fullmatch(reference) is None:
        raise UnusableCertificate("no directory of certificates is configured, or the reference is none")
    return directory / f"{reference}.pem"
