"""Frequent questions on decisions: proposed from an answer, confirmed by a second person, read by everybody (R18)."""
