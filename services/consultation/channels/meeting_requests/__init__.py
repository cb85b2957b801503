"""Requests for a physical meeting: asked for by the asking side, granted by a booking, or refused (R16)."""
