"""The pulse: what the asking side thought of a closed consultation, and what is told of all of them (R70)."""
