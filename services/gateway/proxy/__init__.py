"""Forwards requests to the services: checked at the door, sent on as they came."""
