"""From the files that ship to rows. Only `load.py` uses it."""
