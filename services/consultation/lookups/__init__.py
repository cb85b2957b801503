"""Look-ups (slagning): one question about one person to several authorities' registers at once."""
