"""SDK, secure digital communication between authorities (Digg): the port, and nothing behind it yet."""
