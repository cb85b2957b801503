"""The tables of this service, which of them hold an organisation's data, and who may reach them.

A table that stands nowhere here is held to be an organisation's: without its policies the service does not serve.
"""

from shared.database.ddl import SEALING_TABLES
from shared.database.isolation import Layout

TENANT_TABLES = (
    "tenant_profile",
    "tenant_purpose",
    "lookup",
    "lookup_attempt",
    "kept_lookup",
    "household_lookup",
    "household_member",
    "consultation",
    "consultation_event",
    "consultation_message",
    "attachment",
    "outbox",
    "call_back",
    "asked_set",
    "disclosure",
    "meeting",
    "meeting_request",
    "meeting_slot",
    "queue_count",
    "saved_view",
    "pulse",
    "consultation_link",
    "retention_hold",
    "protected_person",
    "asked_person",
    "unit_calendar",
    "unit_target",
    "timer",
    "webhook_subscription",
    "webhook_secret",
    "webhook_delivery",
    "webhook_attempt",
    "webhook_notice",
    "audit_entry",
    "idempotency_record",
    "lead_time_fact",
    "lead_time_intervention",
    "consultation_note",
    "answer_template",
    "answer_draft",
    "answer_proposal",
    "approval_rule",
    "faq_proposal",
    "faq_confirmation",
)
UNREAD_TABLES = ("lead_time_pending",)
"""They name organisations, and the role that serves may do nothing with them: a trigger fills, the worker empties."""
PASSING_TABLES = ("queue_change",)
"""Organisations' too, but a row stays for seconds only, until a background job has folded it into another table."""
OPEN_TABLES = {
    "alembic_version": "which migration was the last",
    "used_token": "hashes of what has been used once",
    "used_token_memory": "since when that memory is whole",
    "expected_sample": "how long answers take, by type and unit, without the consultations",
    "jobs.*": "background jobs, whose arguments are ids",
    "lead_time_cube": "sums over many; the role that serves may not read them, the one for figures may",
    "lead_time_tally": "the same",
    "lead_time_pulse": "the same, of what has been erased",
    "attachment_store": "the id of the store that holds the contents of attachments, and when it was made",
    "file_to_erase": "keys of files whose records are gone",
    "faq_entry": "published for everybody; its policies let only who has confirmed a text write it",
    "lead_time_version": "how often those have changed",
}
LAYOUT = Layout(
    tenant_tables=(*TENANT_TABLES, *PASSING_TABLES, *UNREAD_TABLES, *SEALING_TABLES),
    open_tables=OPEN_TABLES,
    definer_functions={
        "queue_for_sealing": "whoever writes an entry in the trail can neither leave it out of the queue nor fill it",
        "queue_for_folding": "whoever writes an event can neither leave it out of the queue nor fill it",
        "audit_sealing_ages": "how late sealing is, in seconds",
        "is_protected": "yes or no, across organisations",
        "postal_address_of": "where an organisation wants its letters",
        "hide_in_outbox": "what has been told of a consultation is hidden with it; who serves reads no outbox",
        "clock_history": "the times of a consultation's events, to its two sides alike",
        "hide_from_queue": "a mark by anybody hides the person's open consultations, whose ever they are",
        "count_queue_rows": "who opens a consultation counts it for who answers, and nobody counts by hand",
        "count_queue_change": "the same for every change",
        "clear_workbench": "either side moves a consultation on, and what its handlers had on its way is cleared",
    },
)
STATISTICS_READS = {
    "consultation": (
        *("type", "state", "turn", "asker_name", "asker_kind", "municipality_code", "county_code", "opened_at"),
        *("due_at", "target_seconds", "answered_at", "total_seconds", "answering_seconds", "asking_seconds"),
        *("unit", "queue", "triaged_at", "escalated_at", "first_response_at", "clock_stopped_at", "channel_in"),
        *("closing_code", "round", "closed_at", "person_seconds", "post_seconds", "secrecy_seconds"),
        *("meeting_seconds", "first_response_seconds", "touch_seconds", "pulse_rating"),
    ),
    "lead_time_fact": (
        *("org", "answering_org", "answered_day", "type", "unit", "area", "county", "municipality", "kind", "channel"),
        *("target_seconds", "total_seconds", "answering_seconds", "asking_seconds", "person_seconds", "post_seconds"),
        *("secrecy_seconds", "meeting_seconds", "first_response_seconds", "touch_seconds"),
    ),
    "lead_time_cube": (
        *("level", "cut", "type", "period", "key", "measure", "number", "seconds", "buckets", "counts"),
    ),
    "lead_time_tally": ("level", "cut", "type", "period", "key", "item", "number", "amount"),
    "lead_time_pulse": ("month", "type", "unit", "county", "municipality", "closed", "ratings"),
    "lead_time_version": ("version",),
}
OWNER_ROLE = "consultation_owner"
RUNTIME_ROLE = "consultation_runtime"
STATISTICS_ROLE = "consultation_statistics"
WORKER_ROLE = "consultation_worker"
AUDITOR_ROLE = "consultation_auditor"
ROLES = (OWNER_ROLE, RUNTIME_ROLE, STATISTICS_ROLE, WORKER_ROLE, AUDITOR_ROLE)
"""The first owns the database."""
