"""Disclosure item by item: what was asked for, and whether each of it is told, on which ground and why not (R13)."""
