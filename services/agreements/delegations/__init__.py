"""Who lets whose systems act for it: delegations from a consumer to a supplier."""
