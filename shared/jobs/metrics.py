"""What Prometheus is told about background work. `worker` is whose: the name of a service."""

from prometheus_client import Counter, Gauge

RUNS = Counter(
    "samrad_job_runs",
    "Runs of background jobs. outcome: done, failed (will be tried again), held (will not), taken_over",
    ("worker", "job", "outcome"),
)
LAST_DONE = Gauge(
    "samrad_job_last_done_timestamp_seconds", "When a run was last done, by the clock of the process", ("worker", "job")
)
LAST_ASKED = Gauge(
    "samrad_worker_last_asked_timestamp_seconds", "When the worker last asked the database for work", ("worker",)
)
RESTARTS = Counter("samrad_worker_restarts", "How often the worker was interrupted and began anew", ("worker",))
WAITING = Gauge("samrad_jobs_waiting", "Enqueued jobs that are due and not begun", ("worker",))
HELD = Gauge("samrad_jobs_held", "Jobs that failed for good and wait for a person", ("worker",))
LATEST = Gauge("samrad_jobs_late_seconds", "How long the job that waits longest has been due", ("worker",))
