"""Files that the two sides give each other with what they write."""
