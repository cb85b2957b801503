"""Working the queue: what waits where, who takes it, and who leads the work."""
