"""The exchange: look-ups, consultations, the queue, and the truth about time."""
