"""The gateway over real HTTP, with small services of the tests behind it."""
