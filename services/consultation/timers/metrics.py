"""What Prometheus is told about what the system does of itself when the time has come."""

from prometheus_client import Counter

NOT_CLOSED = Counter("samrad_closings_failed", "Answered consultations that the system could not close, each time")
