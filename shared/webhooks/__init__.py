"""News sent to whoever has asked for it, as in Standard Webhooks 1.0: signatures, and when to try again."""
