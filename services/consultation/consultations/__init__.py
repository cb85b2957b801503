"""Consultations (samråd): a municipality asks, a handler at the answering authority answers from a queue."""
