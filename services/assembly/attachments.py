"""Where attachments are kept and by what they are scanned, from the environment."""

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from services.assembly.environment import CannotStart, read_settings
from services.assembly.webhooks import make_vault
from services.consultation.attachments.clamd import Clamd
from services.consultation.attachments.jobs import Caretaking
from services.consultation.attachments.scanner import Scanner
from services.consultation.main import default_targets
from services.consultation.settings import ClockSettings, WorkerSettings
from shared.blobs.directory import DirectoryBlobs
from shared.blobs.protocol import Blobs


class _Kept(Protocol):
    @property
    def sealing_key(self) -> SecretStr: ...
    @property
    def marking_key(self) -> SecretStr: ...
    @property
    def attachments_directory(self) -> Path: ...


def make_blobs(settings: _Kept) -> Blobs:
    """Where contents are kept. Raises CannotStart."""
    try:
        return DirectoryBlobs(settings.attachments_directory, make_vault(settings))
    except OSError as fault:
        raise CannotStart(
            "the directory of SAMRAD_CONSULTATION_ATTACHMENTS_DIRECTORY cannot be made or opened "
            f"({type(fault).__name__})"
        ) from None


def make_caretaking(clocks: ClockSettings) -> Caretaking:
    """What the background jobs of attachments need. Raises CannotStart."""
    settings = read_settings(WorkerSettings)
    return Caretaking(make_blobs(settings), make_scanner(settings.scanner), default_targets(clocks))


def make_scanner(address: str) -> Scanner | None:
    """The scanner at an address, or None where there is none. Raises CannotStart."""
    if not address:
        return None
    parts = urlsplit(address)
    try:
        if parts.scheme == "unix" and not parts.netloc and parts.path:
            return Clamd(parts.path)
        if parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path:
            return Clamd((parts.hostname, parts.port))
    except ValueError:
        pass
    raise CannotStart("SAMRAD_CONSULTATION_SCANNER is tcp://host:port or unix:///path")
