"""What Prometheus is told about attachments."""

from prometheus_client import Counter

SCANS = Counter("samrad_attachment_scans", "Attachments put to the scanner, by what came of it", ("outcome",))
