"""The background work of attachments."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.consultation.attachments.scan import Scanning
from services.consultation.attachments.scanner import Scanner
from services.consultation.attachments.sweep import EVERY_SECONDS, Sweeping
from shared.blobs.protocol import Blobs
from shared.jobs.job import AnyJob, Errand

SCAN_SECONDS = 2.0
"""How soon a file is scanned after it has been given."""


@dataclass(frozen=True, slots=True)
class Caretaking:
    """Where contents are kept, what scans them if anything does, and the targets of consultations without their own."""

    blobs: Blobs
    scanner: Scanner | None
    defaults: Mapping[str, int]


def jobs(caretaking: Caretaking) -> tuple[AnyJob, ...]:
    """Without a scanner what waits for one goes on waiting: it may be on its way back."""
    sweep = Errand("attachments.sweep", Sweeping(caretaking.blobs).sweep, every_seconds=EVERY_SECONDS)
    if caretaking.scanner is None:
        return (sweep,)
    scanning = Scanning(caretaking.blobs, caretaking.scanner, caretaking.defaults)
    scan = Errand("attachments.scan", scanning.scan_waiting, every_seconds=SCAN_SECONDS, limit_seconds=600)
    return (sweep, scan)
