"""The one thing that goes wrong, as the caller sees it."""


class PostgresUnavailable(Exception):
    """The embedded database can't be had; the message says why and what to do."""
