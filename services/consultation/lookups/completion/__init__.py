"""Completion: what failed in a look-up is asked again, alone, and told together with what was read before."""
