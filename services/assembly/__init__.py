"""Each service put together from the environment, one module a service, and what starting them has in common."""
