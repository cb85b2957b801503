"""What people and scripts do from the outside: call, demo. Plain clients of the gateway; no service is imported."""
