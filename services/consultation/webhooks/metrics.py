"""What Prometheus is told about webhooks."""

from prometheus_client import Counter

ATTEMPTS = Counter("samrad_webhook_attempts", "Attempts to deliver an event, by what came of them", ("outcome",))
