"""Internal notes: what one side writes to itself of a consultation, apart from what the sides write to each other."""
