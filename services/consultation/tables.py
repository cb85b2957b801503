"""The tables of this service, which of them hold an organisation's data, and who may reach them.

A table that stands nowhere here is held to be an organisation's: without its policies the service does not serve.
"""

from shared.database.isolation import Layout

TENANT_TABLES = (
    "tenant_profile",
    "tenant_purpose",
    "lookup",
    "consultation",
    "consultation_event",
    "consultation_message",
    "outbox",
    "audit_entry",
    "idempotency_record",
)
OPEN_TABLES = {
    "alembic_version": "which migration was the last",
}
LAYOUT = Layout(
    tenant_tables=TENANT_TABLES,
    open_tables=OPEN_TABLES,
    policies={
        # What has expired may be removed, unread, by any serving process.
        "idempotency_record.expired": "expires_at <= now()",
    },
)
STATISTICS_READS = {
    "consultation": (
        *("type", "state", "turn", "asker_name", "asker_kind", "municipality_code", "county_code", "opened_at"),
        *("due_at", "target_seconds", "answered_at", "total_seconds", "answering_seconds", "asking_seconds"),
    ),
}
OWNER_ROLE = "consultation_owner"
RUNTIME_ROLE = "consultation_runtime"
STATISTICS_ROLE = "consultation_statistics"
