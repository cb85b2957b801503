"""Timers of consultations: what is told when a time has come, by a background job, as the answering authority."""
