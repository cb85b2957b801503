"""Links between consultations: what concerns, repeats or follows another, and the rounds of the same question."""
