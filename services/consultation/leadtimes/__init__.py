"""How long consultations take and where the time goes, derived from their events."""
