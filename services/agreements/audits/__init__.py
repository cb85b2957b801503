"""The audit trail as its organisation reads it."""
