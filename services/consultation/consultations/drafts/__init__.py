"""Drafts: what a handler has written of an answer so far, saved as she writes, for nobody but herself."""
