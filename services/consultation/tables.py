"""The tables of this service, and which of them hold an organisation's data."""

TENANT_TABLES = (
    "tenant_profile",
    "tenant_purpose",
    "lookup",
    "consultation",
    "consultation_event",
    "consultation_message",
    "outbox",
    "protected_person",
    "asked_person",
    "audit_entry",
    "idempotency_record",
)
TABLES_WITHOUT_TENANT = ("used_token", "used_token_memory")
OWNER_ROLE = "consultation_owner"
RUNTIME_ROLE = "consultation_runtime"
STATISTICS_ROLE = "consultation_statistics"
WORKER_ROLE = "consultation_worker"
AUDITOR_ROLE = "consultation_auditor"
ROLES = (OWNER_ROLE, RUNTIME_ROLE, STATISTICS_ROLE, WORKER_ROLE, AUDITOR_ROLE)
"""The first owns the database."""
