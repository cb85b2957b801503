"""News of consultations, sent to the systems of the two sides: subscriptions, and the delivery of each event."""
