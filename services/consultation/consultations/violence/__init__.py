"""The mark for violence in close relationships: what has it does not exist for whoever lacks the scope (R90)."""
