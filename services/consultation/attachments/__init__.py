"""Files that the two sides give each other: how they come in, are looked through, kept and fetched."""
