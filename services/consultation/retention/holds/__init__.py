"""Holds: a consultation under appeal or supervision is not erased until who placed the hold lifts it."""
