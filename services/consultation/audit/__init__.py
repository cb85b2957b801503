"""Who saw what: the audit trail as the organisations concerned read it."""
