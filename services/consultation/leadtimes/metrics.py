"""What Prometheus is told about consultations in general: how many are open, how old, and how late folding is.

No organisation, unit or type is a label: some have few members.
"""

from prometheus_client import Counter, Gauge

OPEN = Gauge("samrad_consultations_open", "Open consultations, by state", ("state",))
OVERDUE = Gauge("samrad_consultations_overdue", "Open consultations past their due time")
OPEN_AGES = Gauge(
    "samrad_consultations_open_by_age",
    "Open consultations by age: at most so many working days, and more than the limit before; `more` beyond the last",
    ("working_days",),
)
FOLDED = Counter("samrad_lead_times_folded", "Changes of consultations that have been folded into the figures")
WAITING = Gauge("samrad_lead_times_waiting", "Changes of consultations that wait to be folded")
LATE = Gauge("samrad_lead_times_late_seconds", "How long the change that waits longest has waited")
