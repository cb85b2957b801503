"""Outgoing HTTP on the hot paths, behind one small protocol."""
