"""How many requests a client, or a network address without a valid token, may make in a window."""
