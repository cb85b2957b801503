"""The front door: issues access tokens, limits, and forwards requests to the services untouched."""
