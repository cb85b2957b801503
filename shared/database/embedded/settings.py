"""What the server is told at every start. On the command line, which outranks files and ALTER SYSTEM."""

from pathlib import Path

SUPERUSER = "postgres"
PORT = 5432  # names the socket file; nothing listens on the network

_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    # More than every process of the sandbox may have open at once, with its background jobs all under way.
    "max_connections": "250",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # Durable as PostgreSQL ships; said here so that no file under `data` can say otherwise.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # No personal data in the log. A failing statement's own message can hold a value (`invalid input syntax
    # for type integer: "…"`), so errors are not logged at all: whoever sent the statement gets them. In the
    # log's order of severity LOG is above ERROR, so starts, stops and crashes are still told.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_checkpoints": "off",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
}


def server_arguments(data: Path, socket_directory: Path) -> list[str]:
    """The command line of `postgres`, after its name."""
    settings = {**_SETTINGS, "unix_socket_directories": str(socket_directory)}
    return ["-D", str(data), *(f"--{name}={value}" for name, value in settings.items())]
