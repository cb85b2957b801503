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
OWNER_ROLE = "consultation_owner"
RUNTIME_ROLE = "consultation_runtime"
STATISTICS_ROLE = "consultation_statistics"
