"""Rules of the gateway that need no server."""
